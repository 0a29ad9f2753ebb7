"""Offline readers: replies, bounces, messages, logs, output of a mail server's tools. None raises on any
octets."""
