"""What was observed: events, their JSON Lines form, redaction."""
