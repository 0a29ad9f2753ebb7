"""What several checks need to judge; no checks themselves."""
