"""A live run: decides what to observe next and records what was seen. Never interprets."""
