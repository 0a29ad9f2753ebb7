"""Checks of the sender's side: its domain, its names and addresses."""
