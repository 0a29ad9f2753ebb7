"""The words of the field: addresses, replies, targets, findings, evidence, the report."""
