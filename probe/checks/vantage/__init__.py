"""Checks of the probe's own position (address, clock, resolver, mail server) and of how far the run came."""
