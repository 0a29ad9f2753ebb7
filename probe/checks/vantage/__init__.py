"""Checks of where the probe stands, and how far it came."""
