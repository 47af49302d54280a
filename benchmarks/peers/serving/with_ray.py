"""Ray Serve with `@serve.batch`, a replica for each core
(https://docs.ray.io/en/latest/serve/advanced-guides/dyn-req-batch.html).

A replica decodes and encodes in threads beside its event loop and runs its batches in one, with one ONNX Runtime
thread, which is what Ray gives a replica of one CPU.
"""

import asyncio
import os
import sys

import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.peers.serving.network import TASKS, Networks, Pixels, Setup, decode, encode

Asked = tuple[str, Pixels]
_SETUP = Setup.from_env()
_STORE_BYTES = 256 << 20
_CORES = len(os.sched_getaffinity(0))
_AT_ONCE = 64


@serve.deployment(num_replicas=_CORES, ray_actor_options={"num_cpus": 1}, max_ongoing_requests=_AT_ONCE)
class Pictures:
    """`POST /<task>` with a photo's bytes; answers a JPEG."""

    def __init__(self) -> None:
        self.networks = Networks(threads=1)

    @serve.batch(max_batch_size=_SETUP.batch, batch_wait_timeout_s=_SETUP.wait_ms / 1000)
    async def run(self, asked: list[Asked]) -> list[Pixels | Exception]:
        """The networks, on batches."""
        return await asyncio.to_thread(self.networks.answer, asked)

    async def __call__(self, request: Request) -> Response:
        """One request."""
        task = request.url.path.strip("/")
        if task not in TASKS:
            return Response("no such task", 404)
        try:
            photo = await asyncio.to_thread(decode, await request.body())
        except Exception as error:  # noqa: BLE001  (decoders raise anything at all)
            return Response(str(error), 400)
        made = await self.run((task, photo))
        if isinstance(made, Exception):
            return Response(str(made), 500)
        return Response(await asyncio.to_thread(encode, made), media_type="image/jpeg")


def main() -> None:
    """Serve on the port given, on a Ray of its own."""
    ray.init(
        num_cpus=_CORES + 1, include_dashboard=False, object_store_memory=_STORE_BYTES, log_to_driver=False,
        _temp_dir=sys.argv[2], _node_ip_address="127.0.0.1",
    )  # fmt: skip
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Pictures.bind(), blocking=True)  # type: ignore[attr-defined]  # the decorator's


if __name__ == "__main__":
    main()
