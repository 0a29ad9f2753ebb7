"""Reads the output of the local mail server's tools, and decides which to run next."""
