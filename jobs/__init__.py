"""Packshot's jobs room."""
