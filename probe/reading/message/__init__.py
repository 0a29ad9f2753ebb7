"""Reading the message of `--message`: RFC 5322, MIME and DKIM, and what filters look at in content."""
