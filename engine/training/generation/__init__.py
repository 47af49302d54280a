"""Training what makes new pictures: a classifier to see with, an autoencoder, a generator against a critic."""

GENERATORS = ("generator", "autoencoder", "plain-gan", "dcgan", "wgan-gp", "plain-vae")
"""The models that make pictures, as the command line names them."""
