"""What must be looked at again, and how many operators the data names: the upkeep of probe/knowledge."""
