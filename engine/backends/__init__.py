"""The hardware the engine can run on: one module each, imported only when it is chosen."""
