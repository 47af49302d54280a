"""Keys of `packshot top`, from a real terminal."""

import os

from packshot.cli.top.keyboard import Keyboard


def test_keys_typed_at_once_come_one_after_the_other() -> None:
    keys, screen_end = os.openpty()
    with os.fdopen(screen_end, "r") as stream, Keyboard(stream) as keyboard:
        os.write(keys, b"sq")
        assert [keyboard.key(5), keyboard.key(5), keyboard.key(0)] == ["s", "q", ""]
    os.close(keys)
