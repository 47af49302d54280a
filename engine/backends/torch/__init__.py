"""The fallback for NVIDIA GPUs without TensorRT: the committed ONNX files, converted to torch and run as CUDA graphs.

Serving needs no torch: nothing imports the modules of this package but `engine.backends.select`, and only when this
backend was chosen. They execute the ONNX file that the card names, never `engine.models`.
"""
