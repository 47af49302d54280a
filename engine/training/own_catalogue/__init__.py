"""The whole way from a merchant's photos to a generator that the service loads, as one command."""
