"""A user's own severities: a TOML file of `tag = "severity"` that overrides findings/."""

from __future__ import annotations

from collections.abc import Mapping

from probe.knowledge.finding_tags import finding_tags
from probe.model.finding import Severity

Severities = Mapping[str, Severity]

_EXAMPLE = 'a line is: spf-softfail = "error"'


class SeveritiesError(ValueError):
    """The file cannot be used; the message is one clause that says what is wrong and what to do."""


def read_severities(text: str) -> Severities:
    """The severity of every tag that the file names. Raises SeveritiesError.

    `not_assessed` cannot be changed: a tag can neither become `not_assessed` nor stop being it.
    """
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SeveritiesError(f"this is no TOML: {error}; {_EXAMPLE}") from None
    except (ValueError, RecursionError):  # a number of 5000 digits, deeply nested brackets
        raise SeveritiesError(f"this is no TOML that can be read; {_EXAMPLE}") from None
    return {tag: _severity(tag, value) for tag, value in table.items()}


def _severity(tag: str, value: object) -> Severity:
    entry = finding_tags().get(tag)
    if entry is None:
        import difflib

        near = difflib.get_close_matches(tag, finding_tags(), n=3, cutoff=0.5)
        hint = f"near to it: {', '.join(near)}" if near else "`smtp-probe checks ID` lists those of a check"
        raise SeveritiesError(f"the tag {tag!r} is unknown; {hint}")
    choices = [severity.value for severity in Severity if severity is not Severity.NOT_ASSESSED]
    if entry.severity is Severity.NOT_ASSESSED:
        raise SeveritiesError(
            f"{tag} is not_assessed, and stays so: what is not known is neither right nor wrong"
        )
    if not isinstance(value, str) or value not in choices:
        raise SeveritiesError(f"{tag} = {value!r} is not one of {', '.join(choices)}")
    return Severity(value)
