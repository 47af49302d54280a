"""The SDK for asyncio: the same calls as `packshot.Client`, awaited."""
