"""What every call of the SDK does, written once as steps: `Client` and `AsyncClient` only perform them."""
