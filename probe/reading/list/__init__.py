"""Lists of recipients or domains, as people export them: CSV, JSON Lines, plain lines."""
