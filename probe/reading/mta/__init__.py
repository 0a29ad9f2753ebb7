"""What the tools of this host's own mail server print, and which of them to ask next."""
