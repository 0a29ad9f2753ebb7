"""Reading the message of `--message`: RFC 5322, MIME and DKIM, and content features that filters check."""
