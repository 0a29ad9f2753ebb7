"""Delivery status notifications: their fields and address types (RFC 3461, RFC 3464, RFC 6533)."""
