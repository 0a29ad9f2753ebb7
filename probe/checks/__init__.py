"""One file a check, in a folder for its subject: facts to findings."""
