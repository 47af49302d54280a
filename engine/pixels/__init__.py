"""Deterministic picture maths on uint8 HWC arrays: no network, no state, no I/O."""
