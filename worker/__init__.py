"""Packshot's worker room."""
