"""What the shown key may give: never a scope that it lacks, another tenant, a longer life or higher limits.

An operator's key alone looks beyond its own tenant, and is itself handled by operators alone. All of this asks the
current request's key.
"""

from collections.abc import Collection

from api.access import principal
from api.documents.access import NewKeyBody
from api.key_records import KeyLimits, KeyRecord
from api.keys import KEY_ID, KeyWish
from api.services import services
from jobs.problems import ProblemError


def may_look_at(tenant: str | None) -> str | None:
    """Whose keys to list: the tenant asked for, or all that may be seen, None being everybody's. Raises forbidden."""
    who = principal()
    if who.is_operator:
        return tenant
    if tenant not in {None, who.tenant}:
        raise ProblemError("forbidden", "only an operator's key sees another tenant's keys")
    return who.tenant


def handled(key_id: str) -> KeyRecord:
    """The key, where the shown one may rotate, change or revoke it. Raises ProblemError: not-found, forbidden."""
    who, keys = principal(), services().keys
    owner = keys.tenant_of(key_id) if KEY_ID.fullmatch(key_id) else None
    record = keys.get(key_id) if owner is not None and (who.is_operator or owner == who.tenant) else None
    if record is None:
        raise ProblemError("not-found", "there is no such key")
    if "operator" in record.scopes and not who.is_operator:
        raise ProblemError("forbidden", "an operator's key is handled by operators alone")
    return record


def wished(body: NewKeyBody) -> KeyWish:
    """The key that is asked for; what it leaves open is as the shown key has it.

    Raises ProblemError forbidden where the shown key would give more than it has.
    """
    who = principal()
    if body.tenant not in {None, who.tenant} and not who.is_operator:
        raise ProblemError("forbidden", "only an operator's key makes keys of another tenant")
    limits = KeyLimits(body.requests_per_minute, body.jobs_per_day)
    if not who.is_operator:
        limits = limits.over(who.own_limits)
    _check_scopes(body.scopes)
    _check_limits(limits)
    left_s = _life_left()
    life_s = body.expires_in_s or left_s
    if left_s is not None and life_s is not None and life_s > left_s:
        raise ProblemError("forbidden", f"the key shown expires in {left_s} s, and gives none that lives longer")
    shared = any(vars(who.own_limits).values()) and not who.is_operator  # else each new key has these limits once more
    account = who.account if shared else ""
    return KeyWish(body.tenant or who.tenant, body.scopes, body.name, life_s, limits, account)


def check_rotated(old: KeyRecord) -> int | None:
    """How long the new key may live, None as long as the old one was made for. Raises ProblemError forbidden."""
    _check_scopes(old.scopes)
    _check_limits(old.limits)
    life_s = _life_left()
    if life_s is None or (old.lasts_s is not None and old.lasts_s <= life_s):
        return None
    return life_s


def check_changed(record: KeyRecord, limits: KeyLimits) -> None:
    """Raises ProblemError forbidden where the limits are raised beyond those of the shown key."""
    if limits != record.limits:
        _check_limits(limits)


def _check_scopes(scopes: Collection[str]) -> None:
    if lacking := sorted(set(scopes) - principal().scopes):
        raise ProblemError("forbidden", f"the key shown lacks {', '.join(lacking)}, and gives no key that has it")


def _check_limits(limits: KeyLimits) -> None:
    """Operators set any limits; other keys none above their own."""
    who = principal()
    if who.is_operator:
        return
    given = limits.over(services().keys.defaults)
    for name, mine in vars(who.limits).items():
        asked = getattr(given, name)
        if mine and (not asked or asked > mine):
            detail = f"the key shown has {name} {mine} and gives no more; got {asked or 'no limit'}"
            raise ProblemError("forbidden", detail)


def _life_left() -> int | None:
    """In how many seconds the shown key expires; None: never, or it is an operator's."""
    who = principal()
    if who.expires_at is None or who.is_operator:
        return None
    return max(1, who.expires_at - services().keys.now())
