"""The batcher on a virtual clock: seeded traffic, a device that is a cost curve, and rivals to hold it against.

A discrete-event simulation, deterministic to the last bit. It drives the very `Batcher` that serves, and knows no
thread, no clock and no network. `traces` make traffic, `device` tells what a batch costs and which fail, `schedulers`
is the door through which `ours` and the `rivals` are run by `replay`, and `report` turns what happened into the figures
that `benchmarks/batching.py` prints.
"""
