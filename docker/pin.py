"""``make pin-images``: pins each image that docker/ names by a release alone to the digest that a registry has.

It asks `docker buildx`, else `skopeo`, for each, and writes ``name:release@sha256:…`` in place of ``name:release``.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

DOCKER = Path(__file__).parent
FILES = ("Dockerfile", "compose.yaml", "kubernetes/components/redis/redis.yaml")
IMAGE = re.compile(
    r"^(?P<before>ARG \w+=|\s+image: )(?P<name>[a-z][\w./-]*:[\w][\w.-]*)(?P<digest>@sha256:[0-9a-f]{64})?", re.M
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def pinned(text: str, digest_of: Callable[[str], str], *, anew: bool = False) -> str:
    """The text with a digest behind each image that has none; ``anew``: behind the others too.

    Images of ours, whose names are variables, and those of Kubernetes that have no release, are left alone.
    """

    def pin(found: re.Match[str]) -> str:
        if found["digest"] and not anew:
            return found[0]
        return f"{found['before']}{found['name']}@{digest_of(found['name'])}"

    return IMAGE.sub(pin, text)


def ask_a_registry(image: str) -> str:
    """The digest that the registry has for it now. Raises SystemExit where nobody can be asked, or answers."""
    if shutil.which("docker"):
        command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", image]
    elif shutil.which("skopeo"):
        command = ["skopeo", "inspect", "--format", "{{.Digest}}", f"docker://{image}"]
    else:
        raise SystemExit("It takes docker with buildx, or skopeo, to ask a registry")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    digest = done.stdout.strip()
    if done.returncode or not DIGEST.fullmatch(digest):
        raise SystemExit(f"No digest for {image}: {done.stderr.strip() or digest or 'no answer'}")
    return digest


def main() -> int:
    """Write the files anew; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anew", action="store_true", help="those that have a digest too")
    options = parser.parse_args()
    texts = {DOCKER / name: (DOCKER / name).read_text() for name in FILES}
    done = {path: pinned(text, ask_a_registry, anew=options.anew) for path, text in texts.items()}
    for path, text in done.items():  # all of them, or none
        path.write_text(text)
        print(f"{path.relative_to(DOCKER.parent)}: {len(DIGEST.findall(text))} images pinned")
    return 0


if __name__ == "__main__":
    sys.exit(main())
