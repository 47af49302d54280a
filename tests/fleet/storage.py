"""A photo's and a picture's whole life in S3: by parts, signed links, an archive of everything, erasure."""

import io
import os
import zipfile

from PIL import Image

from api.keys import SCOPES
from jobs.blobs import BlobStore
from tests.fleet.fleet import Fleet
from tests.fleet.load import succeeded
from tests.fleet.scenes import Told, scene
from tests.waiting import until

SIDE_PX = 2200


@scene("a life in S3", "a 20-MB photo by parts, its job, its signed link, an export of all, then erasure of the tenant")
def live(fleet: Fleet) -> Told:
    shop = fleet.open_shop("s3life", scopes=SCOPES)
    photo = _noise()
    job_id = shop.submit(photo=photo, operations=[{"op": "resize", "width": 400}])[0]
    succeeded(shop, [job_id])
    assert fleet.s3.unfinished_uploads() == 0
    photos = BlobStore.from_url(fleet.s3.url)
    (path,) = photos.list("uploads/s3life")
    assert photos.get(path) == photo
    shop.check()
    exported = shop.http.get("/v1/tenant/export", timeout=120)
    assert exported.status_code == 200, exported.text[:300]
    names = zipfile.ZipFile(io.BytesIO(exported.content)).namelist()
    assert any(job_id in name for name in names), names
    erasure = shop.http.post("/v1/tenant/erasure", json={"confirm": "s3life"})
    assert erasure.status_code in {200, 202}, erasure.text[:300]
    until(lambda: not photos.list("uploads/s3life") + photos.list("results/s3life"), "nothing of the tenant in S3", 120)
    fleet.close_shop(shop)
    return Told(
        None, f"one job of {len(photo) / 1e6:.0f} MB, {len(names)} files in the export, none left after erasure"
    )


def _noise() -> bytes:
    """A photo that no format makes small."""
    file = io.BytesIO()
    noise = Image.frombytes("RGB", (SIDE_PX, SIDE_PX), os.urandom(3 * SIDE_PX * SIDE_PX))
    noise.save(file, "JPEG", quality=100, subsampling=0)
    return file.getvalue()
