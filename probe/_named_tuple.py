"""`NamedTuple` as in the standard library, but cheap to define.

The standard one writes the source of `__new__` for each class and compiles it: an eighth of a millisecond a
class, and an eighth of the time of `explain`, which loads seventy. Here the code is compiled once for all
classes of as many fields; the names of the parameters are put into it. Methods that need not know their
class are the standard ones. A type checker sees the standard library.
"""

from __future__ import annotations

import collections
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Definition(type):
        """Turns the body of a class into a class of tuples. Raises TypeError for a field without a default
        behind one with a default."""

        def __new__(cls, name, bases, body):
            hints = body.get("__annotations__", {})
            defaults = {field: body[field] for field in hints if field in body}
            if list(defaults) != list(hints)[len(hints) - len(defaults) :]:
                raise TypeError(f"{name} has a field without a default behind one with a default")
            names = tuple(hints)
            members = {
                "__doc__": name + repr(names).replace("'", ""),
                "__slots__": (),
                "__match_args__": names,
                "__new__": _new(name, names, tuple(defaults.values()), hints),
                "_fields": names,
                "_field_defaults": defaults,
            }
            return type(name, (tuple,), _SHARED | members | body | _getters(names))

    NamedTuple = type.__new__(_Definition, "NamedTuple", (), {})

_standard: Any = collections.namedtuple
_CODES: dict[int, Any] = {}  # of `__new__`, by the number of fields


def _new(name: str, names: tuple[str, ...], defaults: tuple[Any, ...], hints: dict[str, Any]) -> Any:
    code = _CODES.get(len(names))
    if code is None:
        code = _CODES[len(names)] = _code(len(names))
    code = code.replace(co_varnames=("_cls", *names), co_qualname=f"{name}.__new__")
    new = FunctionType(code, {"_new": tuple.__new__, "__name__": f"namedtuple_{name}"}, "__new__", defaults)
    new.__annotations__ = hints
    return new


def _code(fields: int) -> Any:
    """The code of a `__new__` for so many fields; its parameters have no names yet."""
    values = "".join(f"a{position}, " for position in range(fields))
    scope: dict[str, Any] = {}
    exec(f"def __new__(_cls, {values}): return _new(_cls, ({values}))", scope)  # noqa: S102  no data in it
    return scope["__new__"].__code__


def _getters(names: tuple[str, ...]) -> dict[str, Any]:
    """Attributes that read the values at the positions of these names."""
    # held by its name: the collector empties a class that nothing holds, whatever holds its attributes
    model = _Model if len(names) <= len(_Model._fields) else _standard("Longer", _positions(len(names)))
    return {name: getattr(model, f"a{position}") for position, name in enumerate(names)}


def _positions(count: int) -> list[str]:
    return [f"a{position}" for position in range(count)]


def _make(cls: Any, iterable: Any) -> Any:
    """An object with the values of an iterable. Raises TypeError if they are not as many as the fields."""
    whole = tuple.__new__(cls, iterable)
    if len(whole) != len(cls._fields):
        raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(whole)}")
    return whole


def _repr(self: Any) -> str:
    values = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
    return f"{self.__class__.__name__}({values})"


def _replace(self: Any, /, **values: Any) -> Any:
    """A copy with other values in the fields that are named. Raises ValueError (from Python 3.13
    on TypeError) for a name that is no field's."""
    whole = self._make(map(values.pop, self._fields, self))
    if values:
        raise _UNEXPECTED(f"Got unexpected field names: {list(values)!r}")
    return whole


_UNEXPECTED = TypeError if sys.version_info >= (3, 13) else ValueError
_Model = _standard("_Model", _positions(16))
_SHARED = {
    "_asdict": _Model._asdict,
    "__getnewargs__": _Model.__getnewargs__,
    "_make": classmethod(_make),
    "_replace": _replace,
    "__replace__": _replace,
    "__repr__": _repr,
}
