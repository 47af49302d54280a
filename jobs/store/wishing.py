"""The operator's wishes for the models' versions, which all workers follow."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import cast

from jobs.model_wishes import ModelWishes, Share, read_wishes
from jobs.store.base import PREFIX, RecordBase

NEWEST = "newest"

_NOTHING: Mapping[str, str] = MappingProxyType({})


class WishingStore(RecordBase):
    """Each call but the first gives the wishes as they are after it."""

    def model_wishes(self) -> ModelWishes:
        """What is wished for now."""
        return read_wishes(cast("dict[str, str]", self.redis.hgetall(f"{PREFIX}models")))

    def look_for_models(self) -> ModelWishes:
        """Let every worker look into its weights for versions that it does not know yet, and use the newest.

        Also in the place of a version that nobody chose, but that was kept while another had a share.
        """
        return self._wish(look=True, newest=True)

    def use_version(self, model: str, version: str) -> ModelWishes:
        """Let jobs take this version, or the ``NEWEST`` of each worker's weights. A share that the version had ends."""
        if version == NEWEST:
            return self._wish(drop=[f"use:{model}", f"kept:{model}"], look=True, changed=True)
        taken = {model: version}
        return self._wish({f"use:{model}": version}, drop=[f"kept:{model}"], taken=taken, look=True, changed=True)

    def share_version(self, model: str, share: Share | None, use: str | None = None) -> ModelWishes:
        """Let a part of the jobs take a version, the others ``use`` where none is named yet; None: no more.

        With its end nobody is moved to the version that was shared: what the others used stays in use, until a version
        is named or workers are told to look.
        """
        if share is None:
            return self._wish(drop=[f"share:{model}"], look=True, changed=True)
        wished, keep = {f"share:{model}": f"{share.version} {share.share:g}"}, {} if use is None else {model: use}
        return self._wish(wished, keep=keep, look=True, changed=True)

    def note_new_models(self) -> None:
        """Say that a worker took a version into use by itself: work may look different from now on."""
        self._wish(changed=True)

    def _wish(
        self,
        wished: Mapping[str, str] | None = None,
        *,
        drop: Iterable[str] = (),
        keep: Mapping[str, str] = _NOTHING,
        taken: Mapping[str, str] = _NOTHING,
        **told_to: bool,
    ) -> ModelWishes:
        """``told_to``: ``look``, ``newest``, ``changed``, as jobs/lua/wish_models.lua says."""
        wishes = {"set": dict(wished or {}), "drop": list(drop), "keep": dict(keep), "taken": dict(taken)}
        told = self.run_script("wish_models", **wishes, **told_to)
        return read_wishes(dict(zip(told[::2], told[1::2], strict=True)))
