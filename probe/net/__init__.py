"""Sockets, and nothing else: the resolver, the SMTP wire, TLS, HTTPS, the clock."""
