"""`probe._dataclass.dataclass` behaves as the standard decorator."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
from typing import Any, ClassVar, get_type_hints

import pytest

import probe
from probe import _dataclass


def _pair(build: Any) -> tuple[Any, Any]:
    """The same class by the standard library and by ours."""
    return build(dataclasses), build(_dataclass)


def _plain(library: Any) -> Any:
    @library.dataclass(frozen=True, slots=True)
    class Reply:
        """A reply."""

        code: int
        lines: tuple[str, ...] = ()
        extra: dict[str, int] = library.field(default_factory=dict, kw_only=True)
        note: str = library.field(default="", repr=False, compare=False)
        number: ClassVar[int] = 5

    return Reply


def _mutable(library: Any) -> Any:
    @library.dataclass(slots=True)
    class Reply:
        """A reply."""

        code: int
        lines: list[str] = library.field(default_factory=list)
        size: int = library.field(init=False)
        kind: str = library.field(default="x", init=False)
        names: list[str] = library.field(default_factory=list, init=False)

        def __post_init__(self) -> None:
            self.size = len(self.lines)

    return Reply


def _heir(library: Any) -> Any:
    @library.dataclass(frozen=True, slots=True)
    class Base:
        """What the heir inherits."""

        code: int
        text: str = ""

    @library.dataclass(frozen=True, slots=True)
    class Reply(Base):
        """A reply."""

        code: int = 250
        more: str = "m"

    return Reply


def _empty(library: Any) -> Any:
    @library.dataclass(frozen=True, slots=True)
    class Reply:
        """A reply without a field."""

    return Reply


def _single(library: Any) -> Any:
    @library.dataclass(frozen=True, slots=True)
    class Reply:
        """A reply of one field."""

        code: float

    return Reply


def _own_methods(library: Any) -> Any:
    @library.dataclass(frozen=True, slots=True)
    class Reply:
        """A reply with methods of its own."""

        code: int

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "own"

    return Reply


def _own_hash(library: Any) -> Any:
    @library.dataclass(slots=True)
    class Reply:
        """A reply that is changed, and has a hash."""

        code: int

        def __hash__(self) -> int:
            return 7

    return Reply


def _by_identity(library: Any) -> Any:
    @library.dataclass(frozen=True, slots=True, eq=False, repr=False)
    class Reply:
        """A reply that equals itself alone."""

        code: int

    return Reply


def _own_init(library: Any) -> Any:
    @library.dataclass(slots=True)
    class Reply:
        """A reply that is made in its own way."""

        code: int

        def __init__(self, text: str) -> None:
            self.code = int(text)

    return Reply


_SHAPES = (_plain, _mutable, _heir, _empty, _single, _own_methods, _own_hash, _by_identity, _own_init)
_CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((), {}),
    ((1,), {}),
    (("1",), {}),
    ((1, ("a",)), {}),
    ((1, ["a", "b"]), {}),
    ((1, ("a",), "n"), {}),
    ((1, ("a",), "n", "o"), {}),
    ((), {"code": 1}),
    ((1,), {"code": 1}),
    ((1,), {"extra": {"a": 1}}),
    ((1,), {"note": "n"}),
    ((1,), {"more": "n"}),
    ((1,), {"unknown": 1}),
    ((1,), {"lines": ("a",)}),
)


def _outcome(work: Any) -> str:
    """What came of it, in words; an error by its kind, and its text where that is not Python's own."""
    try:
        return repr(work())
    except dataclasses.FrozenInstanceError as error:
        return f"frozen: {error}"
    except (TypeError, AttributeError, ValueError) as error:
        return type(error).__name__ if isinstance(error, AttributeError) else str(error).rpartition(".")[2]


def _is_refused(work: Any) -> str:
    """Whether it raises; for a name that is no field the standard class fails in words of its own."""
    try:
        work()
    except (TypeError, AttributeError):
        return "refused"
    return "done"


def _behaviour(kind: Any) -> list[str]:
    objects = []
    behaviour = []
    for args, kwargs in _CALLS:
        try:
            objects.append(kind(*args, **kwargs))
        except (TypeError, ValueError) as error:
            behaviour.append(str(error).rpartition(".")[2])
    for one in objects:
        twin = copy.copy(one)
        behaviour += [
            _outcome(lambda one=one: one.__repr__() if kind.__repr__ is not object.__repr__ else "plain"),
            _outcome(lambda one=one, twin=twin: (one == twin, one != twin, one == 1, one == one)),
            _outcome(lambda one=one, twin=twin: kind.__hash__ and (hash(one) == hash(twin))),
            _outcome(lambda one=one: dataclasses.asdict(one)),
            _outcome(lambda one=one: dataclasses.replace(one, code=9).code),
            _is_refused(lambda one=one: setattr(one, "code", 2)),
            _is_refused(lambda one=one: setattr(one, "other", 2)),
            _outcome(lambda one=one: copy.deepcopy(one).code),
            _is_refused(lambda one=one: delattr(one, "code")),
        ]
    behaviour += [
        _outcome(lambda: [one == other for one in objects for other in objects]),
        _outcome(lambda: [getattr(objects[0], name) for name in kind.__match_args__]),
        str(kind.__match_args__),
        str(kind.__slots__),
        str(inspect.signature(kind)),
        str([(field.name, field.type, field.kw_only) for field in dataclasses.fields(kind)]),
        str(kind.__doc__),
        str(hasattr(objects[0], "__dict__")),
    ]
    return behaviour


@pytest.mark.parametrize("build", _SHAPES)
def test_behaves_as_the_standard_class(build: Any) -> None:
    standard, ours = _pair(build)
    assert _behaviour(ours) == _behaviour(standard)


@pytest.mark.parametrize("build", _SHAPES)
def test_signature_is_known_before_an_object_is_made(build: Any) -> None:
    standard, ours = _pair(build)
    assert str(inspect.signature(ours)) == str(inspect.signature(standard))


@pytest.mark.parametrize("build", _SHAPES)
def test_the_types_of_a_signature_are_found_in_the_class_s_module(build: Any) -> None:
    standard, ours = _pair(build)
    assert get_type_hints(ours.__init__) == get_type_hints(standard.__init__)
    ours, standard = (inspect.signature(kind, eval_str=True) for kind in (ours, standard))
    assert str(ours) == str(standard)


def test_a_frozen_object_says_what_cannot_be_changed() -> None:
    for kind in _pair(_plain):
        with pytest.raises(dataclasses.FrozenInstanceError, match=r"^cannot assign to field 'code'$"):
            kind(1).code = 2
        with pytest.raises(dataclasses.FrozenInstanceError, match=r"^cannot delete field 'code'$"):
            del kind(1).code


@pytest.mark.parametrize("options", [{}, {"frozen": True}, {"slots": True, "order": True}, {"kw_only": True}])
def test_other_uses_go_to_the_standard_library(options: dict[str, bool]) -> None:
    def build(library: Any) -> Any:
        class Reply:
            """A reply."""

            code: int

        return library.dataclass(**options)(Reply)

    standard, ours = _pair(build)
    assert sorted(vars(ours)) == sorted(vars(standard))
    assert ours(code=1) == ours(code=1)


@_dataclass.dataclass(frozen=True, slots=True)
class Kept:
    """A class that pickle finds by its name."""

    code: int
    lines: tuple[str, ...] = ()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_is_pickled(protocol: int) -> None:
    whole = Kept(1, ("a",))
    assert pickle.loads(pickle.dumps(whole, protocol)) == whole


def test_subclass_with_an_init_of_its_own_has_its_own_signature() -> None:
    class Heir(Kept):
        """Made from a text."""

        def __init__(self, text: str) -> None:
            super().__init__(int(text))

    assert str(inspect.signature(Heir)) == "(text: 'str') -> 'None'"
    assert Heir("5").code == 5


def test_a_pattern_takes_the_fields_in_their_order() -> None:
    match Kept(1, ("a",)):
        case Kept(1, (line,)):
            assert line == "a"
        case _:
            pytest.fail("no match")


def test_a_field_is_what_the_standard_library_takes_for_one() -> None:
    """Annotations are read as words: all of the program's classes have the fields that their types tell."""
    for module in pkgutil.walk_packages(probe.__path__, "probe."):
        importlib.import_module(module.name)
    classes = [kind for kind in _subclasses(object) if "__own_fields__" in vars(kind)]
    assert len(classes) > 300
    for kind in classes:
        hints = {
            name: hint
            for base in reversed(kind.__mro__)
            for name, hint in inspect.get_annotations(base).items()
        }
        names = [name for name, hint in hints.items() if "ClassVar" not in str(hint)]
        assert [field.name for field in _dataclass.fields(kind)] == names, kind
        assert [field.name for field in dataclasses.fields(kind)] == names, kind


def _subclasses(kind: type) -> set[type]:
    below: set[type] = set(type.__subclasses__(kind))
    return below | {heir for one in below if one is not type for heir in _subclasses(one)}


@pytest.mark.parametrize("library", [dataclasses, _dataclass])
def test_a_wrong_class_is_refused(library: Any) -> None:
    with pytest.raises(ValueError, match="mutable default <class 'list'> for field lines"):

        @library.dataclass(slots=True)
        class Mutable:
            lines: list[str] = []  # noqa: RUF012

    with pytest.raises(TypeError, match="non-default argument 'b' follows default argument"):

        @library.dataclass(slots=True)
        class Misplaced:
            a: int = 1
            b: int

    with pytest.raises(TypeError, match="'a' is a field but has no type annotation"):

        @library.dataclass(slots=True)
        class Untyped:
            a = library.field(default=1)

    with pytest.raises(ValueError, match="cannot specify both default and default_factory"):
        library.field(default=1, default_factory=int)


@pytest.mark.parametrize("library", [dataclasses, _dataclass])
def test_a_field_that_is_not_for_init_is_not_replaced(library: Any) -> None:
    one = _mutable(library)(1, ["a"])
    assert library.replace(one, code=2).code == 2
    assert dataclasses.replace(one, lines=[]).size == 0
    with pytest.raises((ValueError, TypeError), match="declared with init=False"):
        library.replace(one, size=2)


def test_the_standard_functions_take_our_classes() -> None:
    ours: Any = _dataclass_heirs()
    assert all([dataclasses.is_dataclass(ours), _dataclass.is_dataclass(ours)])
    assert _dataclass.is_dataclass(ours(1))
    assert not _dataclass.is_dataclass(int)
    assert [field.default for field in dataclasses.fields(ours)] == [dataclasses.MISSING, ""]

    @dataclasses.dataclass(frozen=True)
    class Heir(ours):  # type: ignore[misc]
        """Of the standard library."""

        more: int = 3

    assert repr(Heir(1, "t")).endswith("Heir(code=1, text='t', more=3)")

    @_dataclass.dataclass(frozen=True, slots=True)
    class Second(Heir):
        """Has a standard class as its base."""

        last: int = 4

    assert repr(Second(1, "t")).endswith("Second(code=1, text='t', more=3, last=4)")


def _dataclass_heirs() -> Any:
    @_dataclass.dataclass(frozen=True, slots=True)
    class Base:
        """A base."""

        code: int
        text: str = ""

    return Base
