"""Packshot's engine room."""
