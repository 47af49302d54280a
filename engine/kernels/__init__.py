"""What pictures go through besides the network: pack and unpack; light, mattes and compositing at full size.

Each module's NumPy code is the CPU path and the reference for the CUDA kernels in the `.cu` file of the same name; its
`..._launch` functions describe their launches (`launches`), without a driver. Coordinates are integers throughout: in a
trial, float32 ones made the error of pack a hundred times larger.
"""
