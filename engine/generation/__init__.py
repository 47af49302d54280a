"""What made pictures are to show, and which are good: attributes, text, likes, latents and scores. No network.

`studio` is the door: the worker's operations `generate` and `variations` call it, and lend it the networks.
"""
