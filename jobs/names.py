"""The name under which everything of ours lies in Redis; here, so that who wants a key needs nothing of the store."""

KEY_PREFIX = "packshot:"
