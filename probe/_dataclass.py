"""`dataclass` as in the standard library, but cheap to define with slots.

The standard decorator writes the source of up to six methods for each class and compiles it: half a
millisecond a class, which for the 250 classes of a report was a third of its time; its module alone loads
`inspect` and all that reads Python's syntax. Here all classes share their methods, and an `__init__` is
compiled once for all classes whose fields are of the same kinds, whatever their names. `field`, `fields`,
`replace` and `is_dataclass` are those for such classes.

`@dataclass(slots=True)`, alone or with `frozen`, `eq` and `repr`, is made this way. Any other use goes to the
standard library as it is. The functions of `dataclasses`, pattern matching, copying, pickling and
`inspect.signature` work as ever, but a class without a docstring gets none. A type checker sees the standard
library.
"""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

__all__ = ["MISSING", "Field", "dataclass", "field", "fields", "is_dataclass", "replace"]

if TYPE_CHECKING:
    from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
else:

    class _Missing:
        """No default."""

    MISSING = _Missing()

    class Field:
        """What is known about a field, under the names of the standard class."""

        __slots__ = ("compare", "default", "default_factory", "init", "kw_only", "metadata", "name", "repr")
        __slots__ += ("type",)

        def __init__(self, default, default_factory, init, repr, compare, metadata, kw_only):
            self.default = default
            self.default_factory = default_factory
            self.init = init
            self.repr = repr
            self.compare = compare
            self.metadata = metadata
            self.kw_only = kw_only

    def field(
        *,
        default=MISSING,
        default_factory=MISSING,
        init=True,
        repr=True,
        compare=True,
        metadata=None,
        kw_only=False,
    ):
        """A field that is more than a name and a default, in the body of a class."""
        if default is not MISSING and default_factory is not MISSING:
            raise ValueError("cannot specify both default and default_factory")
        return Field(default, default_factory, init, repr, compare, metadata or {}, kw_only)

    def dataclass(cls=None, /, *, slots=False, frozen=False, eq=True, repr=True, **others):
        """The decorator or, given a class, the decorated class. Raises TypeError as the standard one does."""

        def decorate(cls):
            if slots and not others and (members := _fields_of(cls)) is not None:
                return _with_slots(cls, members, is_frozen=frozen, has_eq=eq, has_repr=repr)
            import dataclasses

            for name, value in list(vars(cls).items()):
                if isinstance(value, Field):
                    setattr(cls, name, _standard_field(value))
            return dataclasses.dataclass(slots=slots, frozen=frozen, eq=eq, repr=repr, **others)(cls)

        return decorate if cls is None else decorate(cls)

    def is_dataclass(value):
        """Whether a value is a class that is made here, or an object of one."""
        return hasattr(value if isinstance(value, type) else type(value), "__own_fields__")

    def fields(value):
        """The fields of a class that is made here, or of an object of it, in their order."""
        return tuple(value.__own_fields__.values())

    def replace(instance, /, **changes):
        """A copy with other values in the fields that are named. Raises ValueError (from Python 3.13 on
        TypeError) for one that `__init__` does not take."""
        for field in instance.__own_fields__.values():
            if not field.init:
                if field.name in changes:
                    raise _NOT_FOR_INIT(
                        f"field {field.name} is declared with init=False, it cannot be replaced"
                    )
            elif field.name not in changes:
                changes[field.name] = getattr(instance, field.name)
        return instance.__class__(**changes)


_NOT_FOR_INIT = TypeError if sys.version_info >= (3, 13) else ValueError
_ELSEWHERE = frozenset({"InitVar", "KW_ONLY"})  # fields that the standard decorator knows


def _fields_of(cls: Any) -> dict[str, Any] | None:
    """The fields of a class by name, those of its bases first; None if one is of a kind not known here."""
    own = cls.__dict__
    members: dict[str, Any] = {}
    for base in cls.__mro__[-2:0:-1]:
        bequest = base.__dict__.get("__own_fields__")
        if bequest is not None:
            members.update(bequest)
        elif "__dataclass_fields__" in base.__dict__:
            return None
    has_default = False
    for name, hint in (own.get("__annotations__") or cls.__annotations__).items():
        word = str(hint).partition("[")[0].rpartition(".")[2].rstrip("'>")
        if word == "ClassVar":
            continue
        if word in _ELSEWHERE:
            return None
        default = own.get(name, MISSING)
        one: Any = default if isinstance(default, Field) else field(default=default)
        if one.default.__class__.__hash__ is None:
            raise ValueError(f"mutable default {one.default.__class__} for field {name} is not allowed")
        one.name = name
        one.type = hint
        members[name] = one
    for name, value in own.items():
        if isinstance(value, Field) and members.get(name) is not value:
            raise TypeError(f"{name!r} is a field but has no type annotation")
    for one in members.values():
        if one.init and not one.kw_only:
            if one.default is not MISSING or one.default_factory is not MISSING:
                has_default = True
            elif has_default:
                raise TypeError(f"non-default argument {one.name!r} follows default argument")
    return members


def _with_slots(cls: Any, members: dict[str, Any], *, is_frozen: bool, has_eq: bool, has_repr: bool) -> Any:
    body = dict(cls.__dict__)
    if "__slots__" in body:
        raise TypeError(f"{cls.__name__} already specifies __slots__")
    for name in ("__dict__", "__weakref__", *members):
        body.pop(name, None)
    slots_of_bases = {name for base in cls.__mro__[1:-1] for name in _slots_of(base)}
    body["__slots__"] = tuple(name for name in members if name not in slots_of_bases)
    body["__qualname__"] = cls.__qualname__
    methods: dict[str, Any] = dict(_FROZEN) if is_frozen else {}
    if has_repr:
        methods["__repr__"] = _repr
    if has_eq:
        values = _values([name for name, one in members.items() if one.compare])
        methods["__eq__"] = _equal(values)
        methods["__hash__"] = _hash(values) if is_frozen else None
        if body.get("__hash__") is None:  # not written, or None because `__eq__` is
            body.pop("__hash__", None)
    scope: dict[str, Any] = {"__name__": cls.__module__, "_FACTORY": _FACTORY}
    methods["__init__"] = _init(cls, members, scope)
    methods["__match_args__"] = tuple(name for name, one in members.items() if one.init and not one.kw_only)
    kind = type(cls)(cls.__name__, cls.__bases__, methods | body | _SHARED | {"__own_fields__": members})
    for position, name in enumerate(members):
        scope[f"_set_{position}"] = getattr(kind, name).__set__
    return kind


def _slots_of(base: Any) -> tuple[str, ...]:
    slots = base.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


# -- making an object -----------------------------------------------------------------------------


class _Factory:
    """The default of a parameter whose value a factory makes, as a signature shows it."""

    def __repr__(self) -> str:
        return "<factory>"


_FACTORY = _Factory()
_CODES: dict[tuple[str, ...], Any] = {}  # of `__init__`, by the kinds of the fields


def _init(cls: Any, members: dict[str, Any], scope: dict[str, Any]) -> Any:
    """The `__init__` of a class, which sets the slots in the order of the fields. `scope` are its globals."""
    kinds: list[str] = []
    positional, by_name = list[str](), list[str]()
    defaults, defaults_by_name = list[Any](), dict[str, Any]()
    hints: dict[str, Any] = {}
    for position, (name, one) in enumerate(members.items()):
        has_factory = one.default_factory is not MISSING
        default = _FACTORY if has_factory else one.default
        if has_factory:
            scope[f"_make_{position}"] = one.default_factory
        if not one.init:
            scope[f"_default_{position}"] = default
            kinds.append("made" if has_factory else "unset" if default is MISSING else "default")
            continue
        hints[name] = one.type
        kinds.append(("named " if one.kw_only else "") + ("factory" if has_factory else "plain"))
        (by_name if one.kw_only else positional).append(name)
        if default is not MISSING:
            if one.kw_only:
                defaults_by_name[name] = default
            else:
                defaults.append(default)
    if hasattr(cls, "__post_init__"):
        kinds.append("post")
    code = _CODES.get(shape := tuple(kinds))
    if code is None:
        code = _CODES[shape] = _code(shape)
    code = code.replace(
        co_varnames=("self", *positional, *by_name), co_qualname=f"{cls.__qualname__}.__init__"
    )
    # one of the class's module stands behind the one that works: there its annotations are looked up
    names = getattr(sys.modules.get(cls.__module__), "__dict__", {})
    outer = FunctionType(code, names, "__init__", tuple(defaults))
    init = FunctionType(code, scope, "__init__", tuple(defaults))
    init.__kwdefaults__ = outer.__kwdefaults__ = defaults_by_name or None
    init.__annotations__ = outer.__annotations__ = {**hints, "return": None}
    init.__wrapped__ = outer  # type: ignore[attr-defined]
    return init


_VALUES = {
    "plain": "a{0}",
    "factory": "_make_{0}() if a{0} is _FACTORY else a{0}",
    "made": "_make_{0}()",
    "default": "_default_{0}",
}


def _code(shape: tuple[str, ...]) -> Any:
    """The code of an `__init__` for fields of these kinds; its parameters have no names yet."""
    positional, by_name = ["self"], list[str]()
    lines: list[str] = []
    for position, kind in enumerate(shape):
        value = _VALUES.get(kind.removeprefix("named "))
        if kind.endswith(("plain", "factory")):
            (by_name if kind.startswith("named ") else positional).append(f"a{position}")
        if value is not None:
            lines.append(f"_set_{position}(self, {value.format(position)})")
    if shape[-1:] == ("post",):
        lines.append("self.__post_init__()")
    parameters = ", ".join([*positional, "*", *by_name] if by_name else positional)
    scope: dict[str, Any] = {}
    exec(f"def __init__({parameters}):\n " + "\n ".join(lines or ["pass"]), scope)  # noqa: S102  no data in it
    return scope["__init__"].__code__


# -- what all of them share -----------------------------------------------------------------------


def _values(names: list[str]) -> Any:
    """A function from an object to the tuple of these fields."""
    from operator import attrgetter

    if len(names) > 1:
        return attrgetter(*names)
    return (lambda instance: (getattr(instance, names[0]),)) if names else (lambda instance: ())


def _equal(values: Any) -> Any:
    def __eq__(self: Any, other: Any) -> Any:  # noqa: N807
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hash(values: Any) -> Any:
    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values(self))

    return __hash__


def _repr(self: Any) -> str:
    names = [one.name for one in fields(self) if one.repr]
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
    return f"{self.__class__.__qualname__}({values})"


def _set(self: Any, name: str, value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__own_fields__]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__own_fields__, state, strict=True):
        object.__setattr__(self, name, value)


_FROZEN = {"__setattr__": _set, "__delattr__": _delete, "__getstate__": _state, "__setstate__": _restore}


# -- what the standard library asks for -----------------------------------------------------------


class _Standard:
    """An attribute that the standard decorator would give the class; made by it when something asks."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: Any) -> Any:
        import dataclasses

        members = owner.__own_fields__
        body = {name: _standard_field(one) for name, one in members.items()}
        twin: Any = type(owner.__name__, (), {**body, "__module__": owner.__module__})
        twin.__annotations__ = {name: one.type for name, one in members.items()}
        is_frozen = owner.__setattr__ is _set
        twin = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, frozen=is_frozen)(twin)
        kind = next(kind for kind in owner.__mro__ if vars(kind).get("__own_fields__") is members)
        setattr(kind, self.name, getattr(twin, self.name))
        return getattr(twin, self.name)


def _standard_field(one: Any) -> Any:
    import dataclasses

    options = {name: getattr(one, name) for name in ("init", "repr", "compare", "metadata", "kw_only")}
    for name in ("default", "default_factory"):
        if getattr(one, name) is not MISSING:
            options[name] = getattr(one, name)
    return dataclasses.field(**options)


_SHARED = {
    "__dataclass_fields__": _Standard("__dataclass_fields__"),
    "__dataclass_params__": _Standard("__dataclass_params__"),
    "__replace__": replace,
}
