"""Sockets, and nothing else: the resolver, the SMTP wire, TLS, HTTPS, the clock; and the tools of this
host's mail server."""
