"""The arguments and options of a command, as its function declares them for typer and for the reader of plain
command lines."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Any

from probe._dataclass import MISSING, dataclass


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional argument, in the annotation of a parameter: `Annotated[str, Argument(...)]`."""

    metavar: str
    help: str


@dataclass(frozen=True, slots=True)
class Option:
    """An option, in the annotation of a parameter. `names`: as they are typed, separated by a space
    (`-o --output`); `metavar`: its value in the help, None for a switch; `panel`: its heading there."""

    names: str
    help: str
    metavar: str | None = None
    panel: str | None = None


class Takes(Enum):
    """What follows the name of an option."""

    NOTHING = auto()
    ONE_VALUE = auto()
    VALUES = auto()  # the option may be repeated


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command's function: its name and type there, how it is declared, and its default
    (`MISSING` where it must be given)."""

    name: str
    hint: Any
    declaration: Argument | Option
    default: Any

    @property
    def is_required(self) -> bool:
        """Whether the command cannot do without it."""
        return self.default is MISSING

    @property
    def takes(self) -> Takes:
        """What its type says of values."""
        if self.hint is bool:
            return Takes.NOTHING
        is_list = any(typing.get_origin(part) is list for part in (self.hint, *typing.get_args(self.hint)))
        return Takes.VALUES if is_list else Takes.ONE_VALUE


def parameters_of(command: Callable[..., int]) -> tuple[Parameter, ...]:
    """The parameters of a command's function, in their order. Raises TypeError for one without a
    declaration."""
    return tuple(_parameters(command))


def _parameters(command: Callable[..., int]) -> Iterator[Parameter]:
    hints = typing.get_type_hints(command, include_extras=True)
    # not by `inspect`, which takes longer to load than a line to read
    names = command.__code__.co_varnames[: command.__code__.co_argcount]
    without = len(names) - len(command.__defaults__ or ())
    for name, default in zip(names, (*[MISSING] * without, *(command.__defaults__ or ())), strict=True):
        declaration = [
            it for it in getattr(hints[name], "__metadata__", ()) if isinstance(it, Argument | Option)
        ]
        if len(declaration) != 1:
            raise TypeError(f"{name} of {command.__name__} is declared neither as Argument nor as Option")
        yield Parameter(name, typing.get_args(hints[name])[0], declaration[0], default)


def options_of(parameters: Iterable[Parameter]) -> dict[str, Parameter]:
    """The options among them, by each of the names that they are typed by."""
    return {
        name: it
        for it in parameters
        if isinstance(it.declaration, Option)
        for name in it.declaration.names.split()
    }


def read_plain(command: Callable[..., int], argv: Sequence[str]) -> dict[str, Any] | None:
    """The keyword arguments of a command line that is plainly written: names of options in full, each once
    (unless it may be repeated), values that do not begin with a hyphen, as many arguments as there must be.
    None for every other line, which typer then reads, or refuses in its own words."""
    parameters = parameters_of(command)
    options = options_of(parameters)
    values: dict[str, Any] = {}
    operands: list[str] = []
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        option = options.get(name)
        if option is None:
            if not word or (word.startswith("-") and word != "-"):
                return None
            operands.append(word)
        elif option.takes is Takes.NOTHING:
            if equals or option.name in values:
                return None
            values[option.name] = True
        else:
            value = value if equals else next(words, "")
            if not value or (value.startswith("-") and value != "-"):
                return None
            if option.takes is Takes.VALUES:
                values.setdefault(option.name, []).append(value)
            elif option.name in values:
                return None
            else:
                values[option.name] = value
    return _with_operands(parameters, operands, values)


def _with_operands(
    parameters: Sequence[Parameter], operands: Sequence[str], values: dict[str, Any]
) -> dict[str, Any] | None:
    arguments = [it for it in parameters if isinstance(it.declaration, Argument)]
    least = sum(it.is_required for it in arguments)
    if not least <= len(operands) <= len(arguments):
        return None
    defaults = {it.name: it.default for it in parameters if not it.is_required}
    return defaults | values | dict(zip((it.name for it in arguments), operands, strict=False))
