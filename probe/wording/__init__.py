"""What this program says: the sentence of a template, and the clause of a reason."""
