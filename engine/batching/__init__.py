"""Which units the device runs next, and the one thread that runs them.

A photo's way through the package:

    units          a ticket, the work it asks for, the units of that, and the layout of a batch
    lanes          the shapes of a slot, and how a photo's height is cut into bands for them
    cutting        a work into units, one at a time, as slots are filled
    fairness       who comes next: priority, near deadlines, tenants' shares
    sizing         who shares a batch, and how many slots it may fill
    filling        the slots of one batch, and what its pixels were used for
    batcher        all of this, with no thread, clock or device; what it tells afterwards are `facts`
    device_thread  the loop around the batcher; `room` bounds what waits for it
"""
