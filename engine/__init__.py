"""Packshot's engine room: pictures or latents in, pictures out, on any hardware. It knows no job, HTTP or queue."""

from engine.batching.facts import BatchFacts
from engine.batching.units import Result, Ticket
from engine.cards import Card
from engine.engine import Engine
from engine.observing import BatchEvent, Observer
from engine.settings import EngineSettings

__all__ = ["BatchEvent", "BatchFacts", "Card", "Engine", "EngineSettings", "Observer", "Result", "Ticket"]
