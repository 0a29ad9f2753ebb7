"""What others wrote, read offline: replies, bounces, messages, logs, what the tools of a mail server print.
No reader here ever raises on any octets."""
