"""Where a photo's processor time goes, step by step, in Packshot's worker and in a peer's."""
