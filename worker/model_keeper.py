"""Keeps the engine's models as the operator wishes them: loads, switches, lets go, and tells what was refused.

One thread. What is loaded changes here alone; a job's attempt takes its versions from here once, when it begins.
"""

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import redis.exceptions

from engine import Engine
from engine.cards import Card, read_model
from engine.editions import Edition
from engine.errors import EngineError, WeightsError
from engine.weights_folder import falling_from, load_versions, newest
from jobs.model_wishes import ModelWishes
from jobs.records import Claim
from jobs.store import JobStore
from worker.catalogues import check_facts
from worker.errors import VersionGone
from worker.observing import Version

log = logging.getLogger(__name__)

_FOLLOW_S = 2.0


def cards_wished(weights_dir: Path, wishes: ModelWishes) -> dict[str, Card]:
    """What a worker starts with: of each model the version wished for if it is there, else the newest.

    Where that cannot be read the version below it stands in, as it would serve on in a worker that runs; the keeper
    says so as soon as it follows. Raises WeightsError where a model has no version whose card can be read.
    """
    found, mistakes = load_versions(weights_dir)
    lost = [why for name, why in mistakes.items() if name.rpartition("-")[0] not in found]
    if lost or not found:
        raise WeightsError("\n".join(lost) or f"no <model>-<version>/card.json below {weights_dir}")
    return {model: _first_readable(versions, wishes.use.get(model, "")) for model, versions in found.items()}


def _first_readable(versions: Mapping[str, Card], wished: str) -> Card:
    """The first that can be read of those one would fall back to; the last of them is the start's to refuse."""
    order = falling_from(wished, versions)
    for version in order[:-1]:
        try:
            _require_readable(versions[version])
        except (WeightsError, MemoryError) as error:
            log.error("a start without %s: %s", versions[version].folder.name, error)  # noqa: TRY400
        else:
            return versions[version]
    return versions[order[-1]]


def _require_readable(card: Card) -> None:
    """Raise WeightsError unless the files are those promised, and a generator's facts are some."""
    read_model(card)
    check_facts(card)


class ModelKeeper:
    """Follows the wishes in Redis every two seconds, and looks into the weights when told to, or every `look_s`."""

    def __init__(self, engine: Engine, store: JobStore, look_s: float = 0.0) -> None:
        """`look_s` 0: only when told."""
        self._engine = engine
        self._store = store
        self._look_s = look_s
        self._looked_at = time.monotonic()
        self._wishes: ModelWishes | None = None
        self._applied: object = None
        self._owes_word = False
        self.refused: Mapping[str, str] = {}
        self.looked = 0
        """The last order to look (``ModelWishes.looks``) that was followed to its end."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="models", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Follow no more, and wait until the thread is gone: a load that is going on is finished."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def edition_for(self, claim: Claim) -> Edition:
        """The versions that this attempt takes; to be closed with it.

        Raises VersionGone where it asks for one that was let go of since it was claimed.
        """
        pinned = dict(claim.spec.needs.models) if claim.spec.needs else {}
        edition = self._engine.edition((self._wishes or ModelWishes()).versions_of(claim.job_id, pinned))
        for model, version in pinned.items():
            if model not in edition.models or edition.models[model].version != version:
                edition.close()
                raise VersionGone(f"{model} {version} was let go of after the job was claimed")
        return edition

    def served(self) -> list[Version]:
        """Every version that jobs may take."""
        shares, told = (self._wishes or ModelWishes()).shares, []
        for model, current in self._engine.models.items():
            versions = self._engine.versions_of(model)
            shared = shares.get(model)
            part = shared.share if shared and shared.version in versions and shared.version != current.version else 0.0
            for version, card in versions.items():
                share = 1 - part if version == current.version else part
                told.append((model, version, card.onnx.sha256, share))
        return told

    def follow(self) -> None:
        """Look at the wishes, and do what is new in them. Raises Redis' own faults.

        What could not be done to its end is done again at the next look.
        """
        wishes = self._wishes = self._store.model_wishes()
        due = self._look_s > 0 and time.monotonic() - self._looked_at >= self._look_s
        if due or _wanted(wishes) != self._applied:
            self._looked_at = time.monotonic()
            self._applied = None
            self._apply(wishes)
            self._applied = _wanted(wishes)
            self.looked = wishes.looks
        if self._owes_word:
            self._store.note_new_models()
            self._owes_word = False

    def _run(self) -> None:
        while not self._stopped.wait(_FOLLOW_S):
            try:
                self.follow()
            except redis.exceptions.RedisError as error:
                log.warning("the models stay as they are until Redis answers: %s", error)
            except Exception:
                log.exception("the wishes for models could not be followed; the models stay as they are")

    def _apply(self, wishes: ModelWishes) -> None:
        found, refused = load_versions(self._engine.settings.weights_dir)
        for model, current in tuple(self._engine.models.items()):
            there = found.get(model, {})
            use = wishes.use.get(model) or (newest(there) if there else current.version)
            shared = wishes.shares.get(model)
            for version in {use, shared.version} if shared else {use}:
                self._load(model, version, there, refused)
            if use != current.version and use in self._engine.versions_of(model):
                self._switch(model, use)
            kept = {self._engine.models[model].version, *([shared.version] if shared else [])}
            for version in set(self._engine.versions_of(model)) - kept:
                self._engine.drop(model, version)
        self._tell(refused)

    def _load(self, model: str, version: str, there: Mapping[str, Card], refused: dict[str, str]) -> None:
        """Load a version unless it is there already; why it cannot be goes into `refused`."""
        if version in self._engine.versions_of(model):
            return
        name = f"{model}-{version}"
        if version not in there:
            refused.setdefault(name, f"there is no folder {name} in {self._engine.settings.weights_dir}")
            return
        try:
            _require_readable(there[version])
            self._engine.load(there[version])
        except (EngineError, MemoryError, OSError) as error:
            refused[name] = str(error) or type(error).__name__
        except Exception as error:  # one version's fault keeps none of the other wishes from being followed
            log.exception("%s could not be loaded", name)
            refused[name] = f"{type(error).__name__}: {error}"

    def _switch(self, model: str, version: str) -> None:
        old = self._engine.models[model].version
        self._engine.use(model, version)
        log.info("%s %s takes the place of %s: attempts that begin from now on take it", model, version, old)
        self._owes_word = True

    def _tell(self, refused: Mapping[str, str]) -> None:
        for name, why in refused.items():
            if self.refused.get(name) != why:
                log.error("%s was refused, what was served before serves on: %s", name, why)
        self.refused = refused


def _wanted(wishes: ModelWishes) -> object:
    """What of the wishes makes a worker look again; not when something changed somewhere."""
    return wishes.use, wishes.shares, wishes.looks
