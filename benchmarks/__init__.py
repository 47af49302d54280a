"""Benchmarks: ratios measured side by side in one run, against a whole service on this machine."""
