"""Webhooks as both sides see them: events, endpoints, what was sent to them. Knows neither HTTP nor signatures."""
