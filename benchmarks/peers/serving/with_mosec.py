"""Mosec as its documentation has it: a pipeline of stages, dynamic batching in the one that runs the network.

Photos are decoded in the first stage, where a bad one is refused by a ValidationError, and encoded in the last; the
network's stage has a process of one ONNX Runtime thread for each core. https://mosecorg.github.io/mosec/
"""

import os

from mosec import Server, ServerError, ValidationError, Worker

from benchmarks.peers.serving.network import Networks, Pixels, Setup, decode, encode

Asked = tuple[str, Pixels]
_ROUTES = ["/restore", "/relight"]


class _Decode(Worker):  # type: ignore[misc]
    task = ""

    def deserialize(self, data: bytes) -> bytes:
        """See Worker: the body as it is."""
        return data

    def forward(self, data: bytes) -> Asked:
        """See Worker."""
        try:
            return self.task, decode(data)
        except Exception as error:
            raise ValidationError(str(error)) from error


class DecodeToRestore(_Decode):
    """The first stage of /restore."""

    task = "restore"


class DecodeToRelight(_Decode):
    """The first stage of /relight."""

    task = "relight"


class Run(Worker):  # type: ignore[misc]
    """The networks, on batches."""

    def __init__(self) -> None:
        self.networks = Networks(threads=1)

    def forward(self, data: list[Asked]) -> list[Pixels | Exception]:
        """See Worker."""
        return self.networks.answer(data)


class Encode(Worker):  # type: ignore[misc]
    """The last stage."""

    def forward(self, data: Pixels | Exception) -> bytes:
        """See Worker."""
        if isinstance(data, Exception):
            raise ServerError(str(data))
        return encode(data)

    def serialize(self, data: bytes) -> bytes:
        """See Worker: the file as it is."""
        return data


def main() -> None:
    """Serve; Mosec reads address, port and limits from the command line itself."""
    setup = Setup.from_env()
    server = Server()
    server.append_worker(DecodeToRestore, route="/restore")
    server.append_worker(DecodeToRelight, route="/relight")
    cores = len(os.sched_getaffinity(0))
    server.append_worker(Run, num=cores, max_batch_size=setup.batch, max_wait_time=setup.wait_ms, route=_ROUTES)
    server.append_worker(Encode, num=cores, route=_ROUTES)
    server.run()


if __name__ == "__main__":
    main()
