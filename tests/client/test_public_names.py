"""What `packshot` offers is written down: every name, and every call of every class."""

import inspect

import pytest

import packshot


@pytest.mark.parametrize("name", packshot.__all__)
def test_every_public_name_is_documented(name):
    one = getattr(packshot, name)
    assert inspect.getdoc(one)
    if not inspect.isclass(one):
        return
    for member, value in inspect.getmembers(one):
        if not member.startswith("_") and (callable(value) or isinstance(value, property)):
            own = value.fget if isinstance(value, property) else value
            assert inspect.getdoc(own), f"{name}.{member}"


def test_every_error_is_drawn_in_the_tree():
    drawn = inspect.getdoc(packshot.errors) or ""
    kinds = [name for name, one in vars(packshot.errors).items() if inspect.isclass(one) and issubclass(one, Exception)]
    assert [name for name in kinds if name not in drawn] == []
    assert len(kinds) > 25
