"""Mutations that coverage alone does not think of: words of the field, splices, and long repetitions,
which make quadratic work show."""

from __future__ import annotations

import random


def mutated(data: bytes, words: tuple[bytes, ...], longest: int, chance: random.Random) -> bytes:
    """One to four changes; at most `longest` octets."""
    for _ in range(chance.randint(1, 4)):
        data = _changed(data, words, longest, chance)
    return data[:longest]


def _changed(data: bytes, words: tuple[bytes, ...], longest: int, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    end = min(len(data), start + int(chance.expovariate(1 / 12)))
    kind = chance.randrange(6)
    if kind == 0 and words:
        return data[:start] + chance.choice(words) + data[end:]
    if kind == 1:
        return data[:start] + chance.randbytes(chance.randint(1, 4)) + data[end:]
    if kind == 2:
        return data[:start] + data[end:]
    if kind == 3:
        place = chance.randint(0, len(data))
        return data[:place] + data[start:end] + data[place:]
    piece = data[start:end] or (chance.choice(words) if words else b"a")
    room = max(0, longest - len(data))
    times = (
        int(chance.triangular(0, room / len(piece), 0)) if chance.randrange(3) == 0 else chance.randint(1, 8)
    )
    return data[:start] + piece * times + data[end:]
