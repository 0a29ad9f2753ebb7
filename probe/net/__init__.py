"""All IO: the resolver, SMTP connections, TLS, HTTPS, the clock; and the tools of the local mail server."""
