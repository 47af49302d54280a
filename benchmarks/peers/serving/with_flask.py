"""One request at a time, as a small service around one network is often written (rembg's is): Flask behind gunicorn.

One synchronous worker, which decodes, runs the network with every core, and encodes. `POST /<task>` takes a photo's
bytes and answers a JPEG.
"""

import os

from flask import Flask, Response, request

from benchmarks.peers.serving.network import TASKS, Networks, decode, encode

app = Flask(__name__)
networks = Networks(threads=len(os.sched_getaffinity(0)))


@app.post("/<task>")
def answer(task: str) -> Response:
    """The picture; 400 for a photo that cannot be decoded, 404 for another task, 500 where the network fails."""
    if task not in TASKS:
        return Response("no such task", 404)
    try:
        photo = decode(request.get_data())
    except Exception as error:  # noqa: BLE001  (decoders raise anything at all)
        return Response(str(error), 400)
    (made,) = networks.answer([(task, photo)])
    if isinstance(made, Exception):
        return Response(str(made), 500)
    return Response(encode(made), mimetype="image/jpeg")
