"""Measuring pictures: metrics, and later fidelity and channel checks."""
