"""The CUDA side that TensorRT and torch share.

Nothing here is imported unless a GPU backend is chosen; `devices` alone works without PyCUDA. From the ground up:

    devices         which GPUs there are
    driver          one device: streams, events, memory, launches (with `handles`, `graphs` and `pool`)
    compiler        kernels to machine code, through NVRTC (`toolkit` finds CUDA's headers)
    gpu             what is opened once: driver, `kernels`, three streams and the resident pictures
    pictures        sources and targets on the device while their work runs, brought and fetched by `staging`
    network         what a backend provides for a model, and its buffers at fixed addresses
    tile_executor   pack, network, unpack for a layout of tiles; `frame_executor` likewise
    launching       what both do alike when a batch starts; `flights`: what lasts until it lands
    executor        makes a card's executor, with the batch sizes that fit the device
    backend         what the backends on a GPU have in common
"""
