"""LitServe with its documented batching (https://lightning.ai/docs/litserve/features/batching): `max_batch_size`,
`batch_timeout`, and as many workers as cores.

Each worker decodes, runs and encodes its batches by itself, so one ONNX Runtime thread each keeps every core busy.
A photo comes as a file of a form; one that cannot be decoded raises HTTPException in `decode_request`, as documented.
"""

import os
import sys

import litserve
from fastapi import HTTPException, Request, Response

from benchmarks.peers.serving.network import Networks, Pixels, Setup, decode, encode

Asked = tuple[str, Pixels]
_TIMEOUT_S = 600


class Pictures(litserve.LitAPI):  # type: ignore[misc]
    """`POST /predict` with the parts `photo` and `task`; answers a JPEG."""

    def setup(self, device: str) -> None:  # noqa: ARG002  (LitServe's)
        """See LitAPI."""
        self.networks = Networks(threads=1)

    def decode_request(self, request: Request) -> Asked:
        """See LitAPI."""
        try:
            return str(request["task"]), decode(request["photo"].file.read())
        except Exception as error:
            raise HTTPException(400, str(error)) from error

    def batch(self, inputs: list[Asked]) -> list[Asked]:
        """See LitAPI: photos of many sizes cannot be stacked, so a batch stays a list."""
        return inputs

    def predict(self, asked: list[Asked]) -> list[Pixels | Exception]:
        """See LitAPI."""
        return self.networks.answer(asked)

    def unbatch(self, output: list[Pixels | Exception]) -> list[Pixels | Exception]:
        """See LitAPI."""
        return output

    def encode_response(self, output: Pixels | Exception) -> Response:
        """See LitAPI."""
        if isinstance(output, Exception):
            return Response(str(output), 500)
        return Response(encode(output), media_type="image/jpeg")


def main() -> None:
    """Serve on the port given."""
    setup = Setup.from_env()
    api = Pictures(max_batch_size=setup.batch, batch_timeout=setup.wait_ms / 1000)
    cores = len(os.sched_getaffinity(0))
    server = litserve.LitServer(
        api, accelerator="cpu", workers_per_device=cores, timeout=_TIMEOUT_S, restart_workers=True
    )
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False)


if __name__ == "__main__":
    main()
