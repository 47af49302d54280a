"""``make rehearse-images``: performs docker/Dockerfile without a registry, and takes a photo through what came of it.

As root on Debian, with `buildah` and `debootstrap`. In place of the base images stands a fresh Debian with its own
Python 3.11; every step is the Dockerfile's own. Then API and worker run as their containers would: by the user that the
image names, as process 1, on a root that is read-only, without capabilities, beside a Redis with redis.acl's account.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from packshot import Client

ROOT = Path(__file__).parents[1]
PHOTO = ROOT / "docs" / "samples" / "shoe.jpg"
BASE = "localhost/packshot-rehearsal-base"
TARGETS = ("api", "worker")
_PATIENCE_S = 300.0

# What a container is to its processes. $1 the image's root, $2 the folder behind /data, $3 the user; then the command.
_ENTER = """
set -eu
root=$1; data=$2; user=$3; shift 3
mount --bind "$root" "$root"; mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755,nosuid,size=64k dev "$root/dev"
for device in null zero random urandom; do
  touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm"; mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=64m shm "$root/dev/shm"
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=1g tmp "$root/tmp"
mount --bind "$data" "$root/data"; mount -o remount,bind,nosuid,nodev,noexec "$root/data"
exec chroot "$root" setpriv --reuid "${user%%:*}" --regid "${user##*:}" --clear-groups --no-new-privs \\
  --bounding-set=-all --inh-caps=-all -- "$@"
"""


@dataclass
class Image:
    """What was built of a target, mounted."""

    target: str
    root: Path
    config: dict[str, Any]
    own_bytes: int
    seconds: float

    def command(self, data: Path, environ: dict[str, str], words: list[str]) -> list[str]:
        """How these words are run in it, by the user and with the environment that it names."""
        settings = [*self.config["Env"], *(f"{name}={value}" for name, value in environ.items())]
        enter = ["sh", "-c", _ENTER, "enter", str(self.root), str(data), self.config["User"], "env", "-i", *settings]
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", *enter, *words]


@dataclass
class Container:
    """One that runs; `told` is what it said on the way."""

    image: Image
    data: Path
    environ: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        command = self.image.command(self.data, self.environ, self.image.config["Cmd"])
        self.process = subprocess.Popen(command, stdout=self.log.open("wb"), stderr=subprocess.STDOUT)

    def healthy(self) -> bool:
        """What the image's own health check says."""
        words = self.image.config["Healthcheck"]["Test"]
        assert words[0] == "CMD"
        looked = subprocess.run(
            self.image.command(self.data, self.environ, words[1:]), capture_output=True, check=False
        )
        return looked.returncode == 0

    def stop(self) -> tuple[int, float]:
        """SIGTERM to its process 1; the exit code, and how many seconds it took."""
        began = time.monotonic()
        self._tell(signal.SIGTERM)
        return self.process.wait(timeout=_PATIENCE_S), time.monotonic() - began

    def end(self) -> None:
        """End it and all its processes, if it still runs; `unshare` alone would leave them behind."""
        if self.process.poll() is None:
            self._tell(signal.SIGKILL)

    def _tell(self, number: signal.Signals) -> None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        os.kill(int(children[0]), number)


def main() -> int:
    """Exit code 0 when a photo went through; 1 with what was said where it did not; 2 where this cannot be run here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "rehearsal", help="kept for the next time")
    parser.add_argument("--port", type=int, default=8099, help="where the API listens meanwhile")
    parser.add_argument("--pip-conf", type=Path, help="a pip configuration that the build needs to reach packages here")
    parser.add_argument("--mount", action="append", default=[], help="a folder that the build needs to see, read-only")
    parser.add_argument(
        "--gpu", action="store_true", help="build PyCUDA as well: all of the GPU's that needs no NVIDIA"
    )
    options = parser.parse_args()
    missing = [name for name in ("buildah", "debootstrap", "unshare", "setpriv") if not shutil.which(name)]
    if missing or os.geteuid() != 0:
        print(f"It takes root and Debian's {', '.join(missing) or 'packages'}", file=sys.stderr)
        return 2
    build = _Builder(options)
    build.make_base()
    images = {target: build.make(target) for target in TARGETS}
    if options.gpu:
        print(f"pycuda: {build.perform('pycuda'):.0f} s")
    for image in images.values():
        print(f"{image.target}: {image.own_bytes / 1e6:.0f} MB beside the base image, {image.seconds:.0f} s to build")
    return _rehearse(images, options.folder, options.port)


class _Builder:
    def __init__(self, options: argparse.Namespace) -> None:
        self._folder = options.folder
        self._folder.mkdir(parents=True, exist_ok=True)
        storage = self._folder / "storage.conf"
        places = f'graphroot = "{self._folder}/storage"\nrunroot = "{self._folder}/run"\n'
        storage.write_text(f'[storage]\ndriver = "overlay"\n{places}')
        self._environ = {**os.environ, "CONTAINERS_STORAGE_CONF": str(storage), "BUILDAH_ISOLATION": "chroot"}
        self._volumes = [f"--volume={folder}:{folder}:ro" for folder in options.mount]
        if options.pip_conf:
            self._volumes.append(f"--volume={options.pip_conf.absolute()}:/etc/pip.conf:ro")

    def make_base(self) -> None:
        """A fresh Debian with Python, as an image of that name; once."""
        if not self._told("images", "--quiet", "--filter", f"reference={BASE}"):
            system = self._folder / "base"
            packages = "--include=python3,python3-venv,python-is-python3,ca-certificates"
            subprocess.run(["debootstrap", "--variant=minbase", packages, "bookworm", str(system)], check=True)
            container = self._told("from", "scratch")
            self._told("add", "--quiet", container, str(system), "/")
            self._told("commit", "--quiet", "--rm", container, BASE)

    def make(self, target: str) -> Image:
        """Build it, and mount what came of it."""
        seconds = self.perform(target)
        told = json.loads(self._told("inspect", "--type", "image", f"localhost/packshot-{target}"))
        layers = json.loads(told["Manifest"])["layers"]
        root = self._told("mount", self._told("from", f"localhost/packshot-{target}"))
        config = told["Docker"]["config"]
        return Image(target, Path(root), config, sum(layer["size"] for layer in layers[1:]), seconds)

    def perform(self, target: str) -> float:
        """Perform the Dockerfile's steps up to that target; how many seconds that took."""
        began = time.monotonic()
        bases = [f"--build-arg={name}={BASE}" for name in ("PYTHON", "CUDA")]
        words = ["build", "--layers", "--format=docker", *bases, *self._volumes]
        words += ["-f", str(ROOT / "docker" / "Dockerfile"), "--target", target, "-t", f"localhost/packshot-{target}"]
        command = ["buildah", *words, str(ROOT)]
        subprocess.run(command, env=self._environ, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - began

    def _told(self, *words: str) -> str:
        done = subprocess.run(["buildah", *words], env=self._environ, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()


def _rehearse(images: dict[str, Image], folder: Path, port: int) -> int:
    data = folder / "data"
    for left in (data, folder / "redis"):  # of the last time
        shutil.rmtree(left, ignore_errors=True)
    data.mkdir(mode=0o700)
    os.chown(data, 10001, 10001)
    with _redis(folder / "redis") as address:
        environ = {"PACKSHOT_REDIS_URL": address, "PACKSHOT_API_HOST": "127.0.0.1", "PACKSHOT_API_PORT": str(port)}
        environ["PACKSHOT_TRACES_ENDPOINT"] = "file:///data/traces"
        began = time.monotonic()
        running = [
            Container(images[name], data, {**environ, "PACKSHOT_METRICS_PORT": str(port + at)}, folder / f"{name}.log")
            for at, name in enumerate(TARGETS, start=1)
        ]
        try:
            for container in running:
                _until(container.healthy, container)
                print(f"{container.image.target}: healthy {time.monotonic() - began:.1f} s after its start")
            _take_a_photo(port, (data / "dev-key").read_text().strip(), folder, began)
            _look_at_what_they_tell(port, data)
            for container in running[::-1]:
                code, seconds = container.stop()
                print(f"{container.image.target}: SIGTERM, exit code {code} after {seconds:.1f} s")
                assert code == 0
        finally:
            for container in running:
                container.end()
    return 0


def _take_a_photo(port: int, key: str, folder: Path, began: float) -> None:
    with Client(f"http://127.0.0.1:{port}", api_key=key) as client:
        job = client.submit(PHOTO, ["cutout", {"op": "background", "color": "#ffffff"}]).wait(timeout_s=_PATIENCE_S)
        picture = job.download(folder)
    seconds = time.monotonic() - began
    print(f"a photo went through, {seconds:.1f} s after the start: {picture}, {picture.stat().st_size:,} bytes")


def _look_at_what_they_tell(port: int, data: Path) -> None:
    for at, metric in enumerate(("packshot_redis_up 1", "packshot_megapixels_total"), start=1):
        with urllib.request.urlopen(f"http://127.0.0.1:{port + at}/metrics", timeout=10) as answer:
            told = answer.read().decode()
        assert metric in told, told
        print(f"{TARGETS[at - 1]}: {sum(line[0] != '#' for line in told.splitlines())} figures for Prometheus")
    spans = [path for path in data.rglob("traces*") if path.is_file()]
    print(f"traces: {sum(path.stat().st_size for path in spans):,} bytes")


def _until(holds: Callable[[], bool], container: Container) -> None:
    give_up_at = time.monotonic() + _PATIENCE_S
    while not holds():
        if container.process.poll() is not None or time.monotonic() > give_up_at:
            raise SystemExit(f"{container.image.target} did not come up:\n{container.log.read_text()}")
        time.sleep(0.2)


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """The address of a Redis in which Packshot has the account of docker/redis.acl and no other."""
    server = EmbeddedRedis(folder)
    url = server.start()
    try:
        with connect(url) as admin:
            line = next(line for line in (ROOT / "docker/redis.acl").read_text().splitlines() if " packshot " in line)
            _, name, *rules = line.split()
            admin.execute_command("ACL", "SETUSER", name, *(">rehearsal" if rule[0] == "#" else rule for rule in rules))
        yield f"redis://packshot:rehearsal@{url.partition('@')[2]}"
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
