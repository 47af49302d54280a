"""The CUDA side that TensorRT and torch share: driver, compiler, resident pictures and executors.

Nothing here is imported unless a GPU backend is chosen; `devices` alone works without PyCUDA.
"""
