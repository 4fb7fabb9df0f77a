"""The synthetic exchange for shares, funds and indices: one price path per issue, and all else derived from it."""
