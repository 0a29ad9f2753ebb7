"""Matching host and domain names against the suffixes that the data holds."""

from __future__ import annotations


def is_within(name: str, suffix: str) -> bool:
    """Whether `name` is `suffix` or lies below it, label by label: evilgoogle.com is not within google.com. A
    `*` label of the suffix matches exactly one label. Case and final dots are ignored."""
    labels = _labels(name)
    suffix_labels = _labels(suffix)
    if not suffix_labels or len(labels) < len(suffix_labels):
        return False
    return all(want in ("*", label) for label, want in zip(labels, suffix_labels, strict=False))


def label_count(suffix: str) -> int:
    """The number of labels in the suffix other than `*`; more labels match more exactly."""
    return len(_labels(suffix))


def _labels(name: str) -> list[str]:
    """The labels from the right, in lower case; none for the empty name."""
    bare = name.strip().strip(".").lower()
    return bare.split(".")[::-1] if bare else []
