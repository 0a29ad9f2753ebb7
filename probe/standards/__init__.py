"""SMTP, DNS, SPF, DKIM, DMARC, MTA-STS, TLS, DNSBL, delivery status notifications, by their RFCs. No IO."""
