"""The lists in Redis that hints lie on, as Celery's transport names them (kombu 5.7): one for each step of priority."""

_STEPS = ("", "\x06\x163", "\x06\x166", "\x06\x169")


def hint_lists(queue: str) -> list[str]:
    """All lists that a worker's message loop waits for at once; ours lie on the first, that of the queue's own name."""
    return [f"{queue}{step}" for step in _STEPS]
