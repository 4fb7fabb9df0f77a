"""How requests and answers travel: text, JSON and HTTP; no frames here."""
