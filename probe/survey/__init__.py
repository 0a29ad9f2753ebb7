"""The questions of a run, one pure generator for each side, composed from the standards and the knowledge.

A live run drives them over the network, the facts drive the same ones over the recording; so both always ask
the same questions. What a survey may ask for is in `driving`.
"""
