"""The options of `check` among the arguments of another command that goes on with a check."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from probe.cli.errors import UsageError
from probe.cli.parameters import Takes, options_of, parameters_of


def split_options(argv: Sequence[str], own: argparse.ArgumentParser) -> tuple[list[str], list[str]]:
    """(the arguments of the command itself, the options of `check` with their values), in any order. An
    option that both have is the command's; after "--" there are no options. Raises UsageError where a value
    is missing."""
    takes_value = _options_of_check()
    option_actions = own._option_string_actions  # argparse has no public name for it
    arguments: list[str] = []
    further: list[str] = []
    rest = iter(argv)
    for word in rest:
        name, sign, _ = word.partition("=")
        if word == "--":
            arguments += [word, *rest]
        elif not word.startswith("-") or name in option_actions or name not in takes_value:
            arguments.append(word)
            action = option_actions.get(word)
            if action is not None and action.nargs is None and (value := next(rest, None)) is not None:
                arguments.append(value)
        else:
            further.append(word)
            if takes_value[name] and not sign:
                value = next(rest, None)
                if value is None or value == "--":
                    raise UsageError(name, "needs a value")
                further.append(value)
    return arguments, further


def _options_of_check() -> dict[str, bool]:
    """Each option of `check`, and whether it takes a value."""
    from probe.cli.check import check

    return {name: it.takes is not Takes.NOTHING for name, it in options_of(parameters_of(check)).items()}
