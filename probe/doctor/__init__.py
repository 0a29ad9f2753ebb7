"""Is this machine fit to probe and to send: what was observed of it, judged test by test. Pure."""
