"""What made pictures are to show, and which are good: attributes, text, likes, latents and scores. No network.

The worker's operations `generate` and `variations` will call it, once there are weights to serve.
"""
