"""`probe._named_tuple.NamedTuple` behaves as the standard one."""

from __future__ import annotations

import copy
import gc
import inspect
import json
import pickle
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from probe import _named_tuple


def _plain(base: Any) -> Any:
    class Entry(base):  # type: ignore[misc]
        """An entry."""

        name: str
        lines: tuple[str, ...] = ()
        weight: float = 1.0

    return Entry


def _with_methods(base: Any) -> Any:
    class Entry(base):  # type: ignore[misc]
        name: str

        LIMIT = 5

        @property
        def title(self) -> str:
            """In capitals."""
            return self.name.upper()

        def twice(self) -> Any:
            """Both."""
            return self._replace(name=self.name * 2)

        @classmethod
        def empty(cls) -> Any:
            """One without a name."""
            return cls("")

        def __str__(self) -> str:
            return self.name

    return Entry


def _single(base: Any) -> Any:
    class Entry(base):  # type: ignore[misc]
        """Its default may be changed; every object has the same."""

        lines: list[str] = []  # noqa: RUF012

    return Entry


def _empty(base: Any) -> Any:
    class Entry(base):  # type: ignore[misc]
        """Nothing."""

    return Entry


def _long(base: Any) -> Any:
    names = [f"field{position}" for position in range(40)]
    body = {"__module__": __name__, "__qualname__": "Entry"}
    return type(base)("Entry", (base,), body | {"__annotations__": dict.fromkeys(names, "int")})


_SHAPES = (_plain, _with_methods, _single, _empty, _long)
_CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((), {}),
    (("a",), {}),
    (("a", ("b",)), {}),
    (("a", ("b",), 2.0), {}),
    (("a", ("b",), 2.0, "x"), {}),
    ((), {"name": "a"}),
    (("a",), {"name": "a"}),
    (("a",), {"weight": 0.5}),
    (("a",), {"unknown": 0.5}),
    (tuple(range(40)), {}),
)


def _outcome(work: Callable[[], object]) -> str:
    try:
        return repr(work())
    except (TypeError, ValueError, AttributeError) as error:
        return f"{type(error).__name__}: {str(error).rpartition('.')[2]}"


def _behaviour_of(kind: Any, one: Any) -> list[str]:
    first = kind._fields[0] if kind._fields else "none"
    return [
        _outcome(lambda: (one, str(one), tuple(one), len(one), one[:1], one + (1,))),  # noqa: RUF005
        _outcome(lambda: (hash(one) == hash(tuple(one)), one == tuple(one), one < (*one, 1))),
        _outcome(lambda: one._asdict()),
        _outcome(lambda: one._replace(**{first: "z"})),
        _outcome(lambda: one._replace(unknown=1)),
        _outcome(lambda: kind._make(one)),
        _outcome(lambda: kind._make(range(39))),
        _outcome(lambda: copy.deepcopy(copy.copy(one)) == one),
        _outcome(lambda: one.__getnewargs__()),
        _outcome(lambda: [getattr(one, name) for name in kind._fields]),
        _outcome(lambda: json.dumps(one)),
        _outcome(lambda: setattr(one, first, 2)),
        _outcome(lambda: setattr(one, "other", 2)),
        _outcome(lambda: hasattr(one, "__dict__")),
        _outcome(lambda: (one.title, one.twice(), kind.empty(), kind.LIMIT, kind.title.__doc__)),
    ]


def _behaviour(kind: Any) -> list[str]:
    objects = []
    behaviour = []
    for args, kwargs in _CALLS:
        try:
            objects.append(kind(*args, **kwargs))
        except TypeError as error:
            behaviour.append(str(error).rpartition(".")[2])
    for one in objects:
        behaviour += _behaviour_of(kind, one)
    signature = inspect.signature(kind)
    return [
        *behaviour,
        str([(it.name, it.kind, it.default) for it in signature.parameters.values()]),
        str((kind._fields, kind._field_defaults, kind.__match_args__, kind.__slots__, kind.__mro__[1:])),
        str((kind.__doc__, kind.__name__, kind.__qualname__, kind.__module__)),
        str(typing.get_type_hints(kind)),
        str([vars(kind)[name].__doc__ for name in kind._fields]),
    ]


@pytest.mark.parametrize("build", _SHAPES)
def test_behaves_as_the_standard_class(build: Any) -> None:
    assert _behaviour(build(_named_tuple.NamedTuple)) == _behaviour(_standard(build))


def _standard(build: Any) -> Any:
    """By `typing.NamedTuple`, which is a function that stands for the base."""
    if build is _long:
        return typing.NamedTuple("Entry", [(f"field{position}", int) for position in range(40)])
    return build(typing.NamedTuple)


@pytest.mark.parametrize("base", [typing.NamedTuple, _named_tuple.NamedTuple])
def test_a_field_without_a_default_stands_before_those_with_one(base: Any) -> None:
    with pytest.raises(TypeError, match="default"):

        class Entry(base):  # type: ignore[misc]
            """Misplaced."""

            name: str = ""
            line: str


class Stored(_named_tuple.NamedTuple):
    """A class that pickle finds by its name."""

    code: int
    lines: tuple[str, ...] = ()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_is_pickled(protocol: int) -> None:
    whole = Stored(1, ("a",))
    copied = pickle.loads(pickle.dumps(whole, protocol))
    assert copied == whole
    assert type(copied) is Stored


def test_a_pattern_takes_the_fields_in_their_order() -> None:
    match Stored(1, ("a",)):
        case Stored(1, (line,)):
            assert line == "a"
        case _:
            pytest.fail("no match")


class _Names(tuple[str, ...]):
    """Names before which the collector comes."""

    def __iter__(self) -> Iterator[str]:
        gc.collect()
        return super().__iter__()


def test_the_collector_may_come_while_a_long_one_is_defined() -> None:
    names = _Names(f"field_{position}" for position in range(40))
    assert list(_named_tuple._getters(names)) == list(names)
