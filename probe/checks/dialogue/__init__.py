"""Checks of what the server answered in this run."""
