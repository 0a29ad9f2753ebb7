"""Recording to facts: everything parsed once, every leaf pointing at its observation."""
