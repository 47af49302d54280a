"""What made pictures are to show, and which are good: attributes, text, likes, latents and scores. No network."""
