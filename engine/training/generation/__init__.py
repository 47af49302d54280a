"""Training what makes new pictures: a classifier to see with, an autoencoder, a generator against a critic."""
