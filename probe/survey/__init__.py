"""The questions of a run, as pure generators composed from the standards and the knowledge.

A live run drives them over the resolver and facts drive the very same ones over the recording, so
both ask exactly the same things and neither can drift from the other.
"""
