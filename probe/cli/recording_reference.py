"""The reference page of recordings: each kind of event, and the vocabularies in words."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from probe._enum import StrEnum
from probe.cli.reference_text import literal
from probe.knowledge.finding_tags import shared_words
from probe.model.answer_fault import AnswerFault, AnswerWhy, WireFault
from probe.model.dialable import AddressKind
from probe.model.exhaustion import Shortage
from probe.model.local_tool import ToolReason, ToolWhy
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.reason import Reason
from probe.model.session import Stop
from probe.recording.codec import DERIVED, event_kinds
from probe.report.markdown_text import markdown_code
from probe.wording.sentence import outline
from probe.wording.spoken import table_of

_PLAIN = {str: "text", int: "a whole number", float: "a number", bool: "true or false", bytes: "octets"}


def recording_page() -> Iterator[str]:
    """The texts of the page, in their order."""
    yield (
        "A recording (`--record FILE`) is JSON Lines: one event a line, its `kind` and its fields, in the"
        " order in which things were observed. The first is `started`; a file that ends anywhere is a"
        " recording of what had been seen. Octets are written as the text of the same code points,"
        " certificates and messages in base64."
    )
    yield (
        "What this program says of a run is no sentence but a *reason*: an object with a `tag`, and with the"
        " values that its sentence names. This is format 2. Format 1 had the sentences themselves; it is"
        " still read, and a sentence that is not known any more has the tag `other_words`. A newer format is"
        " refused."
    )
    yield "## Events"
    vocabularies: list[type[StrEnum]] = []
    for kind, event in event_kinds().items():
        yield f"### {literal(kind)}"
        yield _prose(_paragraph(event))
        hints = typing.get_type_hints(event)
        rows = [(field.name, hints[field.name]) for field in dataclasses.fields(event)]
        yield "\n".join(f"- {markdown_code(name)}: {_type(hint)}" for name, hint in rows)
        reasons = (it for _, hint in rows for it in _of_reasons(hint))
        vocabularies += [it for it in reasons if it not in vocabularies]
    yield "## Values of a reason"
    yield "Only those are set that the sentence of its tag names."
    hints = typing.get_type_hints(Reason)
    names = (field.name for field in dataclasses.fields(Reason) if field.name != "tag")
    yield "\n".join(f"- {markdown_code(name)}: {_type(hints[name])}" for name in names)
    yield "## Values of the reason of an answer"
    yield (
        "Why a question of DNS has no answer: `answer.why` of the event `dns`. The tag is a word of"
        " AnswerFault; those that begin with `own_` are concluded from the answer, and stand in reports"
        " alone."
    )
    yield "\n".join(f"- {markdown_code(name)}: {_type(hint)}" for name, hint in _values_of(AnswerWhy))
    yield "## Values of a reason of the mail server"
    yield (
        "Why something of this host's own mail server is not known, or is as it is (MtaWhy): `why` and each"
        " `reason` of the event `local_mta`. The tag is a word of MtaReason."
    )
    yield "\n".join(f"- {markdown_code(name)}: {_type(hint)}" for name, hint in _values_of(MtaWhy))
    yield "Its `failure` is what came of a tool or a file (ToolWhy). The tag is a word of ToolReason."
    yield "\n".join(f"- {markdown_code(name)}: {_type(hint)}" for name, hint in _values_of(ToolWhy))
    yield "## Vocabularies"
    vocabularies += [Stop, AddressKind, AnswerFault, WireFault, MtaReason, ToolReason]
    for vocabulary in vocabularies:
        yield f"### {vocabulary.__name__}"
        yield _prose(_paragraph(vocabulary))
        words = shared_words()[table_of(vocabulary)]
        yield "\n".join(
            f"- {markdown_code(it.value)}: {literal(outline(words[it.value]))}" for it in vocabulary
        )
    yield f"### {Shortage.__name__}"
    yield _prose(_paragraph(Shortage))
    yield "\n".join(f"- {markdown_code(it.value)}: {literal(it.words)}" for it in Shortage)


def _values_of(reason: type[AnswerWhy | MtaWhy | ToolWhy]) -> Iterator[tuple[str, Any]]:
    """The fields of such a reason that a recording holds, each with its type."""
    hints = typing.get_type_hints(reason)
    names = (field.name for field in dataclasses.fields(reason) if field.name != "tag")
    return ((name, hints[name]) for name in names if (reason.__name__, name) not in DERIVED)


def _paragraph(kind: type) -> str:
    return " ".join((kind.__doc__ or "").partition("\n\n")[0].split())


def _prose(text: str) -> str:
    """Our own text, with names in backticks."""
    parts = enumerate(text.split("`"))
    return "".join(markdown_code(part) if index % 2 else _with_spaces(part) for index, part in parts)


def _with_spaces(text: str) -> str:
    """`literal` that keeps spaces at the ends."""
    inner = text.strip()
    before, _, after = text.partition(inner) if inner else (text, "", "")
    return f"{before}{literal(inner)}{after}"


def _of_reasons(hint: Any) -> Iterator[type[StrEnum]]:
    if typing.get_origin(hint) is Reason:
        yield typing.get_args(hint)[0]
    for inner in typing.get_args(hint):
        yield from _of_reasons(inner)


def _type(hint: Any) -> str:
    """A type in words."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Reason:
        return f"a reason ({inner[0].__name__})"
    if origin is tuple:
        return f"a list, each {_type(inner[0])}"
    if origin in (typing.Union, types.UnionType):
        kinds = dict.fromkeys(_type(it) for it in inner if it is not type(None))
        return " or ".join((*kinds, *(["null"] if type(None) in inner else [])))
    if hint in (IPv4Address, IPv6Address):
        return "an IP address"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return f"a word of {hint.__name__}: {', '.join(markdown_code(it.value) for it in hint)}"
    return _PLAIN.get(hint) or f"an object ({hint.__name__})"
