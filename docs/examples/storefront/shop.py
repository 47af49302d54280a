"""A small shop whose product pictures Packshot makes.

The merchant's browser sends the photo straight to Packshot, with a short-lived upload token; the shop starts the job
with its own key; Packshot's webhook brings the picture. No key reaches the browser, and no request of the shop waits.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from stock import Stock

from packshot import Client, Job, webhooks
from packshot.errors import PackshotError, WebhookRejected

WORK = {"operations": "auto", "renditions": ["shopify-square"]}
"""What the photo needs, then a square picture on white."""

pages = Blueprint("pages", __name__)


@dataclass(frozen=True)
class Shop:
    """What the pages work with. `origin` is where browsers and Packshot reach the shop; `secret` is the webhook's."""

    stock: Stock
    pictures: Path
    client: Client
    origin: str
    secret: str


def create_app(shop: Shop) -> Flask:
    """The WSGI app."""
    app = Flask(__name__)
    app.config["shop"] = shop
    shop.pictures.mkdir(parents=True, exist_ok=True)
    app.register_blueprint(pages)
    app.register_error_handler(PackshotError, lambda error: ({"problem": str(error)}, 502))
    return app


@pages.get("/")
def front() -> ResponseReturnValue:
    """All products."""
    return render_template("front.html", products=_shop().stock.products())


@pages.get("/products/<sku>")
def product(sku: str) -> ResponseReturnValue:
    """One product, as customers see it."""
    return render_template("product.html", product=_product(sku))


@pages.get("/pictures/<name>")
def picture(name: str) -> ResponseReturnValue:
    """A picture that Packshot made."""
    return send_from_directory(_shop().pictures, name)


@pages.get("/merchant/<sku>")
def merchant(sku: str) -> ResponseReturnValue:
    """Where the merchant sends a photo."""
    return render_template("merchant.html", product=_product(sku))


@pages.get("/merchant/<sku>/state")
def state(sku: str) -> ResponseReturnValue:
    """How the picture stands, for the merchant's page."""
    found = _product(sku)
    return {name: found[name] for name in ("state", "problem", "picture")}


@pages.post("/merchant/token")
def token() -> ResponseReturnValue:
    """What the browser needs to send one photo to Packshot: good for five minutes, from our pages alone."""
    given = _shop().client.upload_token([_shop().origin], expires_in_s=300, max_uploads=1)
    return {"token": given.token, "upload_url": given.upload_url}


@pages.post("/merchant/<sku>/photo")
def photo(sku: str) -> ResponseReturnValue:
    """Start the job for a photo that Packshot has by now."""
    found, stock = _product(sku), _shop().stock
    spec = {"input": {"upload": str(request.get_json().get("upload"))}, "external_id": found["sku"], **WORK}
    stock.starting(found["sku"])
    try:
        job = _shop().client.resubmit(spec)
    except PackshotError as error:
        stock.failed(found["sku"], str(error))
        raise
    stock.working(found["sku"], job.id)
    return {"job": job.id}, 202


@pages.post("/hooks/packshot")
def hear() -> ResponseReturnValue:
    """Swap the picture in. Packshot sends an event again until it is answered by 2xx, so twice must be as once."""
    try:
        event = webhooks.verify(request.get_data(), request.headers, _shop().secret)
    except WebhookRejected as error:
        return Response(str(error), 400)
    found = _shop().stock.product(str(event.data.get("external_id")))
    if found is not None and found["state"] == "starting":
        return Response("the job is not noted down yet; send this again", 503)
    if found is not None and found["job"] == event.data["id"]:  # else a newer photo has overtaken it
        _take_over(found["sku"], _shop().client.job(found["job"]))
    return Response(status=204)


def _take_over(sku: str, job: Job) -> None:
    if job.state == "succeeded":
        _shop().stock.done(sku, job.download(_shop().pictures / f"{job.id}.jpg").name)
    else:
        _shop().stock.failed(sku, str(job.problem or f"the job was {job.state}"))


def _product(sku: str) -> sqlite3.Row:
    return _shop().stock.product(sku) or abort(404)


def _shop() -> Shop:
    shop = current_app.config["shop"]
    assert isinstance(shop, Shop)
    return shop
