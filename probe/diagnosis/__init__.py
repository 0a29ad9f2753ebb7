"""Evidence to ranked causes, the verdict, the nine steps and the next best test. Pure."""
