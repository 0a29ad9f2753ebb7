"""Recording to facts: everything parsed once, each fact with a reference to its observation."""
