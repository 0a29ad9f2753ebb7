"""`probe._enum.StrEnum` behaves as the standard one."""

from __future__ import annotations

import copy
import enum
import inspect
import json
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from probe import _enum


def _words(base: Any) -> Any:
    class Colour(base):  # type: ignore[misc]
        """A colour."""

        RED = "red"
        DARK_BLUE = "dark-blue"  # with a remark
        NAVY = "dark-blue"
        NONE = ""

    return Colour


def _with_methods(base: Any) -> Any:
    class Colour(base):  # type: ignore[misc]
        RED = "red"
        GREEN = "green"

        _private = "p"
        __secret = "s"

        @property
        def is_red(self) -> bool:
            """Whether it is."""
            return self is type(self).RED

        @classmethod
        def first(cls) -> Any:
            """The first."""
            return next(iter(cls))

        @staticmethod
        def number() -> int:
            """A number."""
            return 3

        def __call__(self) -> str:
            return f"{self.value}!"

        def title(self) -> str:
            """Instead of the method of str."""
            return f"<{self.name}>"

    return Colour


def _like_methods(base: Any) -> Any:
    class Colour(base):  # type: ignore[misc]
        """Its names are those of methods of str."""

        TITLE = "t"
        count = "c"
        index = "i"

    return Colour


def _automatic(base: Any) -> Any:
    class Colour(base):  # type: ignore[misc]
        """Goes to the standard library."""

        RED = enum.auto()
        GREEN = "green"

    return Colour


def _own_making(base: Any) -> Any:
    class Colour(base):  # type: ignore[misc]
        """Goes to the standard library."""

        RED = "red"
        GREEN = "green"

        def __init__(self, word: str) -> None:
            self.length = len(word)

        @classmethod
        def _missing_(cls, value: object) -> Any:
            return cls("red") if value == "rot" else None

    return Colour


def _empty(base: Any) -> Any:
    class Colour(base):  # type: ignore[misc]
        """A base of others."""

        def twice(self) -> str:
            """Two times."""
            return f"{self.value}, {self.value}"

    class Heir(Colour):
        """Has members."""

        RED = "red"

    return Heir


_SHAPES = (_words, _with_methods, _like_methods, _automatic, _own_making, _empty)


def _outcome(work: Callable[[], object]) -> str:
    try:
        return repr(work())
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        return f"{type(error).__name__}: {error}"


def _of_member(kind: Any, one: Any) -> list[str]:
    return [
        _outcome(lambda: (one, str(one), f"{one}", f"{one:>10}", one.name, one.value, len(one), one + "x")),
        _outcome(lambda: (one == one.value, hash(one) == hash(one.value), one in {one.value}, one < "m")),
        _outcome(lambda: (kind(one) is one, kind(one.value) is one, kind[one.name] is one, one in kind)),
        _outcome(lambda: (copy.copy(one) is one, copy.deepcopy([one])[0] is one, json.dumps({one: one}))),
        _outcome(lambda: (isinstance(one, str), isinstance(one, enum.Enum), type(one) is kind)),
        _outcome(lambda: one.__reduce_ex__(4)[1]),
        _outcome(lambda: (one.title(), str(one.count)[:20], str(one.index)[:20])),
        _outcome(lambda: (one.is_red, one.first(), one.number(), one())),
        _outcome(lambda: (one.length, one.twice())),
        _outcome(lambda: setattr(one, "name", "x")),
        _outcome(lambda: setattr(kind, one.name, "x")),
        _outcome(lambda: delattr(kind, one.name)),
        _outcome(lambda: one.__objclass__ is kind),
        _outcome(lambda: sorted(name for name in dir(one) if not name.startswith("_"))),
    ]


_NO_WORDS: tuple[object, ...] = ("rot", "RED", 5, None, [])


def _behaviour(kind: Any) -> list[str]:
    return [
        *(fact for one in kind for fact in _of_member(kind, one)),
        *(_outcome(partial(kind, value)) for value in _NO_WORDS),
        _outcome(lambda: (list(kind), list(reversed(kind)), len(kind), bool(kind))),
        _outcome(lambda: (dict(kind.__members__), kind.__members__["NAVY"])),
        _outcome(lambda: kind["UNKNOWN"]),
        _outcome(lambda: kind.UNKNOWN),
        _outcome(lambda: "red" in kind),
        _outcome(lambda: "rot" in kind),
        _outcome(lambda: 5 in kind),
        _outcome(lambda: (kind.__name__, kind.__qualname__, kind.__module__, kind.__doc__, repr(kind))),
        _outcome(lambda: kind._private),
        _outcome(lambda: type(kind)("More", (kind,), type(kind).__prepare__("More", (kind,)))),
        _outcome(lambda: issubclass(kind, enum.Enum) and isinstance(kind, enum.EnumType)),
        _outcome(lambda: kind._member_type_),
        _outcome(lambda: str(inspect.signature(kind))),
        _outcome(lambda: sorted(name for name in dir(kind) if not name.startswith("_"))),
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # for `in` with what is no member, up to 3.11
@pytest.mark.parametrize("build", _SHAPES)
def test_behaves_as_the_standard_class(build: Any) -> None:
    assert _behaviour(build(_enum.StrEnum)) == _behaviour(build(enum.StrEnum))


class Stored(_enum.StrEnum):
    """A class that pickle finds by its name."""

    RED = "red"
    GREEN = "green"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_member_is_pickled_as_itself(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(Stored.RED, protocol)) is Stored.RED


def test_a_pattern_takes_a_member_and_its_word() -> None:
    for value in (Stored.RED, "red"):
        match value:
            case Stored.RED:
                pass
            case _:
                pytest.fail("no match")
