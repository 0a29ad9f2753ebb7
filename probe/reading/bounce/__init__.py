"""Bounces: delivery status notifications (RFC 3464, RFC 6522, RFC 6533) and the free-text notices of mail
servers that do not use them. Sans-IO; no reader here ever raises."""
