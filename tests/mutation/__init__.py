"""Mutation tests of the modules that judge: `python -m tests.mutation MODULE...`."""
