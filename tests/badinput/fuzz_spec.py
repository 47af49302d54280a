"""`python -m tests.badinput.fuzz_spec`: atheris on everything that reads a client's text (`tests.badinput.targets`).

Guided by coverage of `jobs` and `api`, offline. A find ends the run and lies in results/badinput/crash-*; put into
tests/badinput/finds it stays a case of the tests for good.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results" / "badinput"
LARGEST = 65_536
SEEDS: tuple[tuple[int, bytes], ...] = (
    (0, b'{"input":{"upload":"sha256:' + b"0" * 64 + b'"},"operations":[{"op":"resize","width":8},{"op":"restore"}]}'),
    (0, b'{"operations":[{"op":"generate","text":"navy dress","count":2,"mix":{"seed":1,"share":0.5}}],"seed":7}'),
    (0, b'{"input":{"url":"https://a.example/"},"operations":"auto","renditions":["ebay"],"metadata":{"a":"b"}}'),
    (
        0,
        b'{"input":{"url":"https://a.example/"},"operations":[{"op":"inpaint","boxes":[{"x":0,"y":0,"width":1,"height":1}]}]}',
    ),
    (1, b'{"a":[1,2.5,1e3,null,true,"\\u00e9\\ud83d\\ude00"]}'),
    (2, b'{"items":[{"sku":"a","upload":"sha256:' + b"a" * 64 + b'","operations":"auto"}],"defaults":{"seed":1}}'),
    (3, b"a,sha256:" + b"a" * 64 + b',,ebay|amazon-main,red|"navy blue","relight; upscale:factor=2",7,{}\n'),
    (4, b"https://photos.example:443/a.jpg?x=%20&y=[1]"),
    (4, b"https://[2606:4700::1111]/"),
    (5, b"http://localhost:8080/hook"),
    (6, b"tenant=shop&expires=9999999999&kid=a1&signature=" + b"0" * 64),
    (7, b"psk_0123456789abcdef." + b"A" * 43),
    (8, b'respond-async, wait="10"; x, foo="\\"'),
    (9, b"state=queued&limit=5&metadata=a:b&created_after=2026-02-03T04:05:06Z&cursor=12&name=x&id=job_" + b"0" * 26),
)


@dataclass(frozen=True)
class Fuzzed:
    """A run: inputs tried, edges of code seen, the largest memory of the process, and what was found."""

    tried: int
    edges: int
    peak_mb: int
    found: str | None


def run(seconds: int, seed: int) -> Fuzzed:
    """In a process of its own, which atheris ends in its own way."""
    return fuzzed("tests.badinput.fuzz_spec", seconds, seed)


def fuzzed(module: str, seconds: int, seed: int, *more: str) -> Fuzzed:
    """What a module's own process tried and found, that has `--seconds` and `--seed`, and `more` options."""
    command = [sys.executable, "-m", module, "--seconds", str(seconds), "--seed", str(seed), *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = done.stderr
    tried = [int(number) for number in re.findall(r"(?:^#|number_of_executed_units: |Done )(\d+)", said, re.MULTILINE)]
    edges = [int(number) for number in re.findall(r"cov: (\d+)", said)]
    peaks = [int(number) for number in re.findall(r"rss: (\d+)Mb", said)]
    found = None if done.returncode == 0 else said[-3000:]
    return Fuzzed(max(tried, default=0), max(edges, default=0), max(peaks, default=0), found)


def main() -> None:
    """Never returns: atheris ends the process; 0 when nothing was found."""
    options = _parser().parse_args()
    import atheris

    with atheris.instrument_imports(include=["jobs", "api"]):
        from tests.badinput.targets import attempt

    RESULTS.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="badinput-")
    for number, (target, data) in enumerate(SEEDS):
        (Path(folder) / f"seed-{number}").write_bytes(bytes([target]) + data)
    flags = [f"-max_total_time={options.seconds}", f"-seed={options.seed}", f"-max_len={LARGEST}", "-timeout=20"]
    flags += ["-len_control=200", "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={RESULTS}/"]
    atheris.Setup([sys.argv[0], *flags, folder], attempt)
    atheris.Fuzz()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.badinput.fuzz_spec", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long to try")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations")
    return parser


if __name__ == "__main__":
    main()
