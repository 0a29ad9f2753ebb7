"""`dataclass` as in the standard library, but cheap to define with slots.

The standard decorator writes the source of up to six methods for each class and compiles it: half a
millisecond a class, which for the 250 classes of a report was a third of its time. Here the standard one
finds the fields, all classes share their methods, and `__init__` is compiled when the first object is made.

`@dataclass(slots=True)`, alone or with `frozen`, `eq` and `repr`, is made this way. Any other use goes to the
standard library as it is. `fields`, `replace`, `asdict`, pattern matching, copying, pickling and
`inspect.signature` work as ever, but a class without a docstring gets none. A type checker sees the standard
decorator.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, slots=False, frozen=False, eq=True, repr=True, **others):
        """The decorator or, given a class, the decorated class. Raises TypeError as the standard one does."""

        def decorate(cls):
            if not slots or others:
                return dataclasses.dataclass(slots=slots, frozen=frozen, eq=eq, repr=repr, **others)(cls)
            return _with_slots(cls, is_frozen=frozen, has_eq=eq, has_repr=repr)

        return decorate if cls is None else decorate(cls)


def _with_slots(cls: Any, *, is_frozen: bool, has_eq: bool, has_repr: bool) -> Any:
    own = dict(cls.__dict__)
    # where there is no docstring, the signature is written into it, which costs as much as all of this
    cls.__doc__ = own["__doc__"] or cls.__name__
    kind = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    kind.__doc__ = own["__doc__"]
    methods: dict[str, Any] = dict(_FROZEN) if is_frozen else {}
    if has_repr:
        methods["__repr__"] = _repr
    if has_eq:
        values = _values(kind)
        methods["__eq__"] = _equal(values)
        methods["__hash__"] = _hash(values) if is_frozen else None
        if own.get("__hash__") is None:  # not written, or None because `__eq__` is
            own.pop("__hash__", None)
    methods["__init__"] = _first_init(kind)
    for name, method in methods.items():
        if name not in own:
            setattr(kind, name, method)
    if "__init__" not in own:
        kind.__signature__ = _Signature()
    return kind


# -- making an object -----------------------------------------------------------------------------


def _first_init(kind: Any) -> Any:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        _compile_init(kind)(self, *args, **kwargs)

    return __init__


class _Factory:
    """The default of a parameter whose value a factory makes, as a signature shows it."""

    def __repr__(self) -> str:
        return "<factory>"


_FACTORY = _Factory()


def _compile_init(kind: Any) -> Any:
    """Give the class its own `__init__`, which sets the slots in the order of the fields, and return it."""
    scope: dict[str, Any] = {"_FACTORY": _FACTORY}
    positional, by_name = ["self"], list[str]()
    lines: list[str] = []
    for field in dataclasses.fields(kind):
        name = field.name
        has_factory = field.default_factory is not dataclasses.MISSING
        has_default = has_factory or field.default is not dataclasses.MISSING
        if not field.init and not has_default:
            continue
        scope[f"_set_{name}"] = getattr(kind, name).__set__
        value = name
        if has_default:
            scope[f"_default_{name}"] = field.default_factory if has_factory else field.default
        if has_factory:
            value = f"_default_{name}()" + (f" if {name} is _FACTORY else {name}" if field.init else "")
        elif not field.init:
            value = f"_default_{name}"
        if field.init:
            default = "_FACTORY" if has_factory else f"_default_{name}"
            (by_name if field.kw_only else positional).append(f"{name}={default}" if has_default else name)
        lines.append(f"_set_{name}(self, {value})")
    if hasattr(kind, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join([*positional, "*", *by_name] if by_name else positional)
    source = f"def __init__({parameters}):\n " + "\n ".join(lines or ["pass"])
    exec(source, scope)  # noqa: S102  made of names of fields alone, as the standard library does
    init = scope["__init__"]
    init.__qualname__ = f"{kind.__qualname__}.__init__"
    init.__module__ = kind.__module__
    init.__annotations__ = {f.name: f.type for f in dataclasses.fields(kind) if f.init} | {"return": None}
    kind.__init__ = init
    return init


class _Signature:
    """`__signature__` of a class, for `inspect.signature`: known once its `__init__` is compiled."""

    def __get__(self, instance: object, owner: Any) -> Any:
        if instance is not None or vars(owner).get("__signature__") is not self:
            raise AttributeError("__signature__")
        import inspect

        whole = inspect.signature(_compile_init(owner))
        return whole.replace(parameters=list(whole.parameters.values())[1:])


# -- what all of them share -----------------------------------------------------------------------


def _values(kind: Any) -> Any:
    """A function from an object to the tuple of its fields that are compared."""
    from operator import attrgetter

    names = [field.name for field in dataclasses.fields(kind) if field.compare]
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
    names = [field.name for field in dataclasses.fields(self) if field.repr]
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
    return f"{self.__class__.__qualname__}({values})"


def _set(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_FROZEN = {"__setattr__": _set, "__delattr__": _delete, "__getstate__": _state, "__setstate__": _restore}
