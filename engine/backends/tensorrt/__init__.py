"""The TensorRT backend. What needs the library imports it; `recipe`, `signed_files`, `plans` and `precision` do not.

Written to what TensorRT 10.x and 11.x share, and checked against the real bindings of both (`make check-tensorrt`):
strongly typed networks, named tensors, `execute_async_v3`. A card's way through the package:

    library       whether TensorRT is here
    planner       from a card to its plan, by way of:
    precision     the ONNX file's fp32 graph becomes one that carries fp16
    recipe        what a plan is made from and for: model, precision, shapes, machine
    plans         the plan of that recipe, if this machine made one and nobody touched it (`signed_files`), else ...
    builder       ... a new one, telling its `progress`; what TensorRT says comes through `messages`
    network       the plan on the device: one context and one CUDA graph per input shape
    backend       all of it, behind the engine's `Backend`
"""
