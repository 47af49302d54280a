"""SDK and command line for Packshot."""
