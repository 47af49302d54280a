"""Packshot's api room."""
