"""Queues, fairness, deadlines and tiles: which units the device runs next, and the one thread that runs them."""
