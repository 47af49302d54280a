"""Runs one scenario with either client: what differs between them is only whether a call is awaited."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from packshot import AsyncClient, Client, RetryPolicy

KINDS = ("sync", "async")
Scenario = Callable[[Any], Awaitable[Any]]


def run(
    kind: str, url: str, scenario: Scenario, policy: RetryPolicy | None = None, *, key: str = "psk_test.secret"
) -> Any:
    """What the scenario returns; it gets a client, and asks for its answers by `got` and `listed`."""

    async def with_client() -> Any:
        if kind == "sync":
            with Client(url, key, retries=policy) as client:
                return await scenario(client)
        async with AsyncClient(url, key, retries=policy) as client:
            return await scenario(client)

    return asyncio.run(with_client())


async def got(answer: Any) -> Any:
    """The answer of a call of either client."""
    return await answer if inspect.isawaitable(answer) else answer


async def listed(feed: Any, most: int | None = None) -> list[Any]:
    """The items of a feed of either client, `most` of them."""
    found: list[Any] = []
    if hasattr(feed, "__aiter__"):
        async for item in feed:
            found.append(item)
            if len(found) == most:
                await feed.aclose()
                break
        return found
    for item in feed:
        found.append(item)
        if len(found) == most:
            break
    return found


async def each(feed: Any, heard: Callable[[Any], object]) -> None:
    """Tells `heard` of the items of a feed of either client, as they come."""
    if hasattr(feed, "__aiter__"):
        async for item in feed:
            heard(item)
    else:
        for item in feed:
            heard(item)
