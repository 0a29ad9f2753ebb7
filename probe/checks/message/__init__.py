"""Checks of the message that is to be sent."""
