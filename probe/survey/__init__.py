"""The questions of a run, one pure generator for each side, composed from the standards and the knowledge.

A live run drives them over the network and facts drive the very same ones over the recording, so both ask
exactly the same things and neither can drift from the other. What a survey may ask for is in `driving`.
"""
