"""What a training leaves in its folder: ``last.pt`` to go on from, ``best.pt`` to use. Reads and writes them whole."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.training.data import DataUse
from engine.training.errors import RefusedError
from engine.training.whole_files import replace_whole

LAST_FILE, BEST_FILE = "last.pt", "best.pt"
CATEGORIES = "categories: "  # before their names, in what `generation.items.data_uses` says of a catalogue

KEPT: dict[str, type | tuple[type, ...]] = {
    "command": str,
    "step": int,
    "wall_s": (int, float),
    "best": (int, float),
    "schedule": dict,
    "data": list,
}
"""What every checkpoint tells of its training, however old it is."""

Weights = dict[str, Tensor]
"""A network's state by name, as torch saves it."""
Saved = dict[str, Any]
"""A checkpoint: the network's state, and what made it."""


def save(state: Saved, path: Path) -> None:
    """Write a checkpoint beside the one it then replaces: a kill leaves one of the two, whole.

    What lies on a GPU is written as it lies in the CPU's memory: any machine can go on from it. Raises OSError where it
    cannot be written.
    """
    try:
        replace_whole(path, lambda unfinished: torch.save(_on_cpu(state), unfinished))
    except RuntimeError as error:  # what torch 2.13's archives end with on a full disk
        free = shutil.disk_usage(path.parent).free
        raise OSError(f"{path} could not be written; its disk has {free / 1e6:.0f} MB left") from error


def load(path: Path, *networks: str) -> Saved:
    """Read a checkpoint into the CPU's memory.

    ``networks``: the states that it must hold, such as ``"weights"``. Raises RefusedError where there is none, or no
    such file.
    """
    if path.is_dir():
        raise RefusedError(f"{path} is a folder; name a checkpoint in it, such as {path / BEST_FILE}")
    if not path.is_file():
        raise RefusedError(f"{path} is not there: {path.parent} holds no run that has come to its first validation")
    try:
        saved: Saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch's reader of archives and pickles raises anything at all for flipped bits
        raise RefusedError(f"{path} is not a checkpoint of a training, or is damaged") from error
    fault = _fault(saved, networks)
    if fault:
        raise RefusedError(f"{path} is not a checkpoint of a training, or is damaged: {fault}")
    return saved


def fit(network: nn.Module, weights: Weights, path: Path) -> None:
    """Load weights into a network; raises RefusedError, naming ``path``, where they are of another one."""
    try:
        network.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError) as error:  # the latter two for states of no tensors
        told = " ".join(str(error).split())
        raise RefusedError(f"{path} holds the weights of another network than this one: {told[:200]}") from error


def require_categories(saved: Saved, data: Iterable[DataUse], path: Path) -> None:
    """Raise RefusedError, naming ``path``, where a checkpoint learned other categories than those of the data at hand.

    Networks know a category by its place in the alphabet alone: one more or less and they would take it for another.
    What tells no categories, on either side, is not compared.
    """
    _require_categories(saved, _categories(use.use for use in data), path)


def require_these_categories(saved: Saved, categories: Sequence[str], path: Path) -> None:
    """Raise RefusedError where a checkpoint learned others than ``categories``, in the order of the alphabet."""
    _require_categories(saved, ", ".join(categories), path)


def _require_categories(saved: Saved, at_hand: str, path: Path) -> None:
    learned = _categories(use["use"] for use in saved["data"])
    if learned and at_hand and learned != at_hand:
        raise RefusedError(
            f"{path} learned from a catalogue of {learned}; the one at hand is of {at_hand}: "
            "name the data set that it learned from, or begin anew with this one in another --out"
        )


def require_seed(saved: Saved, seed: int, run: Path) -> None:
    """Raise RefusedError, naming ``run``, where its checkpoint was begun with another seed: a card tells one alone."""
    before = saved["schedule"]["seed"]
    if before != seed:
        raise RefusedError(
            f"{run} was begun with the seed {before}, and --seed asks for {seed} in it: "
            "leave the seed as it was, or choose another --out"
        )


def require_before(saved: Saved, before: Iterable[dict[str, Any]], path: Path) -> None:
    """Raise RefusedError, naming ``path``, where a checkpoint was not built upon the trainings ``before``: a teacher's.

    Checkpoints of before these were kept are not compared.
    """
    known = saved.get("before")
    strange = [each["command"] for each in before if known is not None and each not in known]
    if strange:
        raise RefusedError(f"{path} was begun with another teacher than that of {strange[0]!r}: name the one it had")


def model_of(saved: Saved) -> str | None:
    """Return the name of the model that a checkpoint is of, by the command that it keeps; None if that names none."""
    words = shlex.split(saved["command"])
    return words[words.index("train") + 1] if "train" in words[:-1] else None


def training_of(saved: Saved) -> list[dict[str, Any]]:
    """Return what trainings led to a checkpoint, itself last: model, command, seed and steps of each, once."""
    own = {
        "model": model_of(saved),
        "command": saved["command"],
        "seed": saved["schedule"]["seed"],
        "steps": saved["step"],
    }
    return without_repeats([*saved.get("before", []), own])


def without_repeats(trainings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each training once, where it stands first."""
    return [training for place, training in enumerate(trainings) if training not in trainings[:place]]


def _fault(saved: object, networks: Sequence[str]) -> str | None:
    """Return what a file lacks that is to be a checkpoint; None where that is nothing."""
    if not isinstance(saved, dict):
        return f"it holds a {type(saved).__name__}"
    for name, kind in KEPT.items():
        if not isinstance(saved.get(name), kind):
            return f"it keeps no {name!r} of the training"
    if not isinstance(saved["schedule"].get("seed"), int):
        return "its schedule has no seed"
    if not all(isinstance(use, dict) and isinstance(use.get("use"), str) for use in saved["data"]):
        return "it does not tell the data that it learned from"
    for name in networks:
        if not isinstance(saved.get(name), dict):
            last = name == "weights" and "model" in saved
            other = f"; weights to use are in {BEST_FILE}, {LAST_FILE} is to go on from with --resume" if last else ""
            return f"it holds no {name!r}{other}"
    return None


def _on_cpu(state: Any) -> Any:
    """Return a state, or a part of it, with its tensors in the CPU's memory; those that lie there are not copied."""
    if isinstance(state, Tensor):
        return state.cpu()
    if isinstance(state, dict):
        return {name: _on_cpu(part) for name, part in state.items()}
    return [_on_cpu(part) for part in state] if isinstance(state, list) else state


def _categories(uses: Iterable[str]) -> str:
    """The categories that these texts tell, as they tell them; empty where none does."""
    return "; ".join(use.partition(CATEGORIES)[2] for use in uses if CATEGORIES in use)
