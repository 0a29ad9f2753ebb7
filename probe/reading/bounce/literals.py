"""Which fixed words every text has in which a regular expression is found.

Used only to build the stored table of layouts: looking for a word costs a hundredth of a search that ignores
case, and an expression that cannot be part need not even be compiled.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from probe._named_tuple import NamedTuple
from probe.reading.bounce.expressions import Literals, folded

# The parser of the standard library: what it reads is what is run. An operation that is not known here tells
# nothing, so that a newer Python gives fewer words, and never a wrong one.
_PARSER = importlib.import_module("re._parser")
_MOST = 32  # words of one expression
_LONG = 5  # characters: a longer word is not rarer in mail
_Words: TypeAlias = "frozenset[str] | None"
_NOTHING = frozenset({""})
_ZERO_WIDTH = frozenset({"AT", "ASSERT", "ASSERT_NOT"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})


class _Part(NamedTuple):
    """`exact`: all that a part of an expression can stand for, None if that is not known or too much;
    `necessary`: words of which one is in whatever it stands for, None if there are none; `is_fixed`: it is
    found wherever one of `exact` is, because it asks nothing of what stands around it."""

    exact: _Words
    necessary: _Words
    is_fixed: bool = True

    @property
    def best(self) -> _Words:
        return _better(self.necessary, self.exact)


_UNKNOWN = _Part(None, None)


def literals(expression: str) -> Literals:
    """The words of an expression with re.IGNORECASE. Raises re.error for a wrong expression."""
    part = _sequence(_PARSER.parse(expression))
    is_fixed = part.is_fixed and part.exact is not None and "" not in part.exact
    words = (part.exact if is_fixed else part.best) or frozenset()
    shortest = tuple(word for word in sorted(words) if not any(it in word for it in words - {word}))
    return Literals(shortest, is_fixed)


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Part:
    necessary: _Words = None
    run = _NOTHING  # what the items since the last unknown one stand for
    is_whole = is_fixed = True
    for operation, argument in items:
        part = _item(str(operation), argument)
        is_fixed &= part.is_fixed
        if part.exact is not None and len(run) * len(part.exact) <= _MOST:
            run = frozenset(start + end for start in run for end in part.exact)
            continue
        necessary = _better(_better(necessary, run), part.necessary)
        run = part.exact if part.exact is not None else _NOTHING
        is_whole = False
    return _Part(run if is_whole else None, _better(necessary, run), is_fixed)


def _item(operation: str, argument: Any) -> _Part:
    if operation == "LITERAL":
        return _Part(frozenset({folded(chr(argument))}), None)
    if operation == "IN":
        return _of_set(argument)
    if operation in _ZERO_WIDTH:
        return _Part(_NOTHING, None, is_fixed=False)
    if operation == "SUBPATTERN":
        _, added_flags, removed_flags, inner = argument
        part = _sequence(inner)
        return part._replace(is_fixed=part.is_fixed and not (added_flags or removed_flags))
    if operation == "ATOMIC_GROUP":  # what it takes it does not give back
        return _sequence(argument)._replace(is_fixed=False)
    if operation == "BRANCH":
        return _any_of([_sequence(branch) for branch in argument[1]])
    if operation in _REPEATS:
        return _repeated(*argument, is_possessive=operation == "POSSESSIVE_REPEAT")
    return _UNKNOWN


def _repeated(least: int, most: int, inner: Any, *, is_possessive: bool) -> _Part:
    part = _sequence(inner)
    if is_possessive:
        part = part._replace(is_fixed=False)
    if least == most == 1:
        return part
    if least:
        return _Part(None, part.best)
    if most == 1 and part.exact is not None:
        return part._replace(exact=part.exact | _NOTHING, necessary=None)
    return _UNKNOWN


def _of_set(items: Sequence[tuple[Any, Any]]) -> _Part:
    if all(str(operation) == "LITERAL" for operation, _ in items):
        return _Part(frozenset(folded(chr(argument)) for _, argument in items), None)
    return _UNKNOWN


def _any_of(branches: Sequence[_Part]) -> _Part:
    exacts = [branch.exact for branch in branches if branch.exact is not None]
    bests = [branch.best for branch in branches if branch.best is not None]
    exact = frozenset().union(*exacts) if len(exacts) == len(branches) else None
    necessary = frozenset().union(*bests) if len(bests) == len(branches) else None
    is_fixed = all(branch.is_fixed for branch in branches)
    return _Part(exact if exact is None or len(exact) <= _MOST else None, necessary, is_fixed)


def _better(one: _Words, other: _Words) -> _Words:
    """Of two sets of words the one that fewer texts have: longer words, then fewer of them."""
    return max((one, other), key=_rank)


def _rank(words: _Words) -> tuple[int, int, int]:
    shortest = min(map(len, words)) if words else 0
    return (min(shortest, _LONG), -len(words or ()), shortest) if shortest else (-1, 0, 0)
