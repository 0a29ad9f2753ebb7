"""How long a test waits for what must come."""

PATIENCE = 300.0
"""Seconds until a test gives up. Only one that fails waits for so long: no test says how long anything may
take on a machine that has other work."""
