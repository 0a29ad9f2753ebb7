"""A report as one document and its writers: text, Markdown; JSON and its schema. Escapes what is raw."""
