"""Replies of any number, the same at every call, from the examples of the reply rules.

Half of them stand as a server sends them, the rest in the forms of Postfix, Exim, qmail and DSNs. Names,
addresses and identifiers vary from line to line, as they do in a log.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from probe.knowledge.rules import all_rules

KINDS = 500  # of replies: as many as a busy server gets in some weeks
_FORMS = (
    "{text}",
    "{text}",
    "{text}",
    "{text}",
    "host mx{n}.b.example[192.0.2.{n}] said: {text} (in reply to RCPT TO command)",
    "host mx{n}.b.example[192.0.2.{n}] said: {text} (in reply to end of DATA command)",
    "SMTP error from remote mail server after RCPT TO:<a{n}@b.example>: host mx.b.example [192.0.2.{n}]: "
    "{text}",
    "Remote host said: {text}",
    "smtp; {text}",
)
_ADDRESS = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+\w+")
_IP = re.compile(r"(?<![\d.])(?!127\.)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.])")


def _texts() -> list[str]:
    """Some of the examples, on one line, in an order that has nothing to do with that of the rules."""
    texts = sorted({" ".join(example.text.split()) for rule in all_rules() for example in rule.examples})
    return random.Random(7).sample(texts, KINDS)


def _line(text: str, dice: random.Random, *, mark: str = "") -> str:
    name, number = f"user{dice.randrange(10**6)}", dice.randrange(1, 255)
    text = _ADDRESS.sub(f"{name}@firm{number}.example", text)
    text = _IP.sub(f"198.51.100.{number}", text)
    return dice.choice(_FORMS).replace("{n}", str(number)).replace("{text}", text + mark)


def stream(number: int, seed: int = 1) -> Iterator[str]:
    """So many replies as the log of one server repeats them: the second most frequent text comes half as
    often as the first, the third a third as often, and so on."""
    dice, texts = random.Random(seed), _texts()
    shares = [1 / place for place in range(1, len(texts) + 1)]
    for text in dice.choices(texts, shares, k=number):
        yield _line(text, dice)


def distinct(number: int, seed: int = 2) -> Iterator[str]:
    """So many replies of which no two are equal, even without their names and numbers."""
    dice, texts = random.Random(seed), _texts()
    for text in dice.choices(texts, k=number):
        yield _line(text, dice, mark=f" ref {_word(dice)} {_word(dice)}")


def _word(dice: random.Random) -> str:
    """Letters that are no word, and that no reader masks."""
    return "".join(dice.choices("bcdfghjklmnpqrstvwxz", k=8))
