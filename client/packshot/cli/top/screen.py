"""The loop of `packshot top`: keys, answers, frames."""

import time
from dataclasses import replace
from functools import partial
from typing import TextIO

from rich.console import Console
from rich.live import Live

from packshot.cli.top.frame import SORTS, View, frame
from packshot.cli.top.keyboard import Keyboard
from packshot.cli.top.watching import Sample, Watch, take_sample
from packshot.client import Client

_KEY_S = 0.2


def watch(console: Console, client: Client, first: Sample, every_s: float, stream: TextIO) -> None:
    """Draw until q or Ctrl-C. A server that is lost is told of, and asked again and again."""
    watched, view = (
        Watch(partial(take_sample, client, first.server), first),
        View(console.width, console.height, every_s),
    )
    try:
        with Keyboard(stream) as keyboard, Live(console=console, screen=True, auto_refresh=False) as live:
            asked_at = time.monotonic()
            while True:
                view = replace(view, width=console.width, height=console.height, failure=watched.failure)
                live.update(frame(watched.sample, view), refresh=True)
                key = keyboard.key(_KEY_S)
                if key == "q":
                    return
                view = pressed(key, view)
                if not view.paused and time.monotonic() >= asked_at + every_s:
                    asked_at = time.monotonic()
                    watched.ask()
                if not view.paused:
                    watched.look()
    except KeyboardInterrupt:
        return
    finally:
        watched.close()


def pressed(key: str, view: View) -> View:
    """The view after a key: `p` holds it or lets it go on, `s` sorts by the next column."""
    if key == "p":
        return replace(view, paused=not view.paused)
    if key == "s":
        return replace(view, sort=SORTS[(SORTS.index(view.sort) + 1) % len(SORTS)])
    return view
