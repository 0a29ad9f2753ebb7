"""Checks of the recipient's side: its domain, its mail servers, its policies."""
