"""What the routes answer, as pydantic models: one module per subject. They describe; the views make the documents.

A model that a test holds an answer against forbids what it does not name, so that no field goes undescribed.
"""
