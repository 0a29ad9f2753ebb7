"""A report as text, JSON and its schema, Markdown. The only place that escapes a stranger's text."""
