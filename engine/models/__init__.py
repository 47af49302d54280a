"""Torch definitions of the networks that Packshot trains; never imported at serving time."""
