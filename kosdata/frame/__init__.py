"""How rows become frames; no network here."""
