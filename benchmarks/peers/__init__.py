"""Packshot beside other ways to serve the same networks: `make bench-peers`. What it found: docs/peers.md."""
