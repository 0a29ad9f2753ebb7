"""`StrEnum` as in the standard library, but cheap to define.

The standard one passes each member through a descriptor and a dictionary that judges its name: 15 us a
member. A report loads a thousand, in a hundred closed vocabularies. Here a class gets what the standard
library gives to one without members, and the members are entered as it enters them. Bodies that hold more
than words and methods go to the standard library as they are. A type checker sees the standard library.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

__all__ = ["StrEnum"]

if TYPE_CHECKING or sys.version_info >= (3, 14):  # how members are entered is known up to 3.13
    from enum import StrEnum
else:
    import enum

    # what Python itself puts into the body of a class
    _OF_PYTHON = frozenset(("__module__", "__qualname__", "__doc__", "__classcell__", "__annotations__"))
    _OF_PYTHON |= {"__firstlineno__", "__static_attributes__"}
    _TAKEN = frozenset((*dir(str), "name", "value"))  # there a member stands behind a descriptor

    class EnumType(enum.EnumType):
        @classmethod
        def __prepare__(cls, name, bases, **options):
            return {}

        def __new__(cls, name, bases, body, **options):
            words = {key: value for key, value in body.items() if type(value) is str and key[0] != "_"}
            if words and bases == (StrEnum,) and not options and _is_plain(body, words):
                rest = {key: value for key, value in body.items() if key not in words}
                kind = type.__new__(cls, name, bases, _attributes() | rest)
                _enter(kind, words)
                return kind
            standard_body = super().__prepare__(name, bases, **options)
            for key, value in body.items():
                standard_body[key] = value
            return super().__new__(cls, name, bases, standard_body, **options)

    def _is_plain(body, words):
        """Whether a body holds nothing but words, methods and what Python itself puts there."""
        return _TAKEN.isdisjoint(words) and all(
            key in words or key in _OF_PYTHON or (key[0] != "_" and hasattr(value, "__get__"))
            for key, value in body.items()
        )

    def _attributes():
        """What the standard library gives to a class without members."""
        return {
            key: type(value)() if isinstance(value, list | dict) else value for key, value in _EMPTY.items()
        }

    def _enter(kind, words):
        """Make the members. A word that is there already gets another name."""
        by_name, by_value = kind._member_map_, kind._value2member_map_
        for name, word in words.items():
            member = by_value.get(word)
            if member is None:
                member = str.__new__(kind, word)
                member._value_ = word
                member._name_ = name
                member.__objclass__ = kind
                member._sort_order_ = len(by_value)
                by_value[word] = member
                kind._member_names_.append(name)
            by_name[name] = member
            type.__setattr__(kind, name, member)
        if hasattr(kind, "_hashable_values_"):  # in later versions of Python 3.13
            kind._hashable_values_.extend(by_value)

    class StrEnum(enum.StrEnum, metaclass=EnumType):
        """A vocabulary of words."""

    _Empty = EnumType(
        "_Empty", (StrEnum,), {}
    )  # has a name: the collector empties a class that nothing holds
    _EMPTY = {key: value for key, value in vars(_Empty).items() if key not in _OF_PYTHON}
