"""What a batch costs besides the network: pack, unpack, and the LUT. Each module's NumPy code is the CPU path and the
reference for the CUDA kernel of the same name. Coordinates are integers throughout: float32 ones are 100 times worse.
"""
