"""Figures for Prometheus: which there are (`families`), how they are kept (`meters`), read from the record (`queue`),
written (`exposition`) and told to who may ask without a key (`listener`). Knows neither Flask nor the engine.
"""
