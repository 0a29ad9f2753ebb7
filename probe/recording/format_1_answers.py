"""Converts the sentences of recordings of format 1 on DNS questions without an answer to the reasons of
format 2 (`probe.model.answer_fault`). The first recordings of format 2 had such sentences, too. The sentences
never change.

An unknown sentence is kept, and shown unchanged: `other_words`.
"""

from __future__ import annotations

import re
from typing import Any

from probe._regex import regex
from probe.recording.format_1_sentences import SHORTAGES

Fields = dict[str, Any]


def upgrade(answer: Fields) -> Fields:
    """The fields of an answer with `why` in the place of `detail`."""
    text = answer["detail"]
    rest = {name: value for name, value in answer.items() if name != "detail"}
    return rest | {"why": _read(text) if text else None}


_WIRE = {
    "shorter than a header": "header",
    "the message ends within a name": "name_end",
    "a name longer than 255 octets": "name_length",
    "a name longer than its record": "name_of_record",
    "a compression pointer that does not lead backwards": "pointer",
    "a label of an unknown kind": "label",
    "the message ends within a question": "question_end",
    "the message ends within a record": "record_end",
    "a record shorter than its type": "record_length",
    "an address of the wrong length": "address_length",
    "a TXT record without a string": "txt_empty",
    "a string longer than its record": "string_length",
}
_TCP, _TCP_AFTER_UDP = "tcp", "tcp_after_udp"
_UDP_FIRST = "truncated over UDP, and over TCP "
_OVER = {
    " over TCP": _TCP,
    _UDP_FIRST: _TCP_AFTER_UDP,
    " over UDP, and over TCP as well": _TCP_AFTER_UDP,
}
_SERVER = r" \(name server (?P<server>[^ ()]+)\)"
_LATE = r"(?P<is_late>, when the time of the run was over)?"
_TIMES = "(?: to (?P<queries>[0-9]+) queries)?"
_OTHERS = "(?:, but (?P<strange>[0-9]+) datagrams that are no reply to it)?"
_IN_VAIN = (
    rf"(?P<over>{_UDP_FIRST}){{what}}{_SERVER}{_LATE}",
    rf"{{what}}(?P<over> over TCP){_SERVER}{_LATE}",
    rf"{{what}}{_TIMES}{_OTHERS}{_SERVER}{_LATE}",
)
_EXTENDED = "(?:, (?P<extended>[A-Z0-9_]+(?:, [A-Z0-9_]+)*))?"


def _in_vain(what: str) -> tuple[str, ...]:
    return tuple(form.replace("{what}", what) for form in _IN_VAIN)


def _one_of(texts: dict[str, str]) -> str:
    return "|".join(map(re.escape, texts))


_FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("no_reply", _in_vain(r"no answer in (?P<seconds>[0-9.]+) s")),
    ("cut_short", _in_vain("the connection was closed before the end of the answer")),
    ("system", _in_vain("(?P<text>.+?)")),
    ("shortage", (f"(?P<shortage>{_one_of(SHORTAGES)})",)),
    ("undefined_code", (f"response code (?P<code>[0-9]+), which nobody has defined{_EXTENDED}",)),
    ("response_code", (f"(?P<code>[A-Z]+){_EXTENDED}",)),
    ("no_message", (rf"the reply is no DNS message \((?P<wire>{_one_of(_WIRE)})\)",)),
    ("truncated", ("truncated(?P<over> over TCP| over UDP, and over TCP as well)",)),
    ("other_question", ("the reply over TCP answers another question",)),
    ("other_names", ("the reply answers for other names than the one asked for",)),
    ("denies_and_answers", ("the reply denies the name and answers for it",)),
    ("referral", ("a referral: this server does not resolve for us",)),
    ("cname_back", ("the CNAMEs lead back to (?P<name>.*)",)),
    ("cname_most", ("more than (?P<most>[0-9]+) CNAMEs in a row",)),
    ("cname_open", ("the CNAMEs do not end at (?P<name>.*)",)),
    ("no_server", ("no name server",)),
    ("deadline", ("the run's deadline had passed",)),
    ("most_queries", ("the limit of (?P<most>[0-9]+) DNS queries of one run was reached",)),
    ("open_escape", ("a backslash ends the name",)),
    ("not_ascii", ("a character outside ASCII where an A-label belongs",)),
    ("empty_label", (r"an empty label \(two dots in a row, or a dot in front\)",)),
    ("long_label", ("a label of (?P<octets>[0-9]+) octets, (?P<most>[0-9]+) are allowed",)),
    ("long_name", ("longer than (?P<most>[0-9]+) octets",)),
)
_PATTERNS = tuple((tag, regex(form, re.DOTALL)) for tag, forms in _FORMS for form in forms)
_NUMBERS = frozenset({"queries", "strange", "most", "octets"})


def _read(text: str) -> Fields:
    for tag, pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        try:
            groups = match.groupdict().items()
            return {"tag": tag} | {name: _value(name, value) for name, value in groups if value is not None}
        except ValueError:  # a number that no run wrote
            continue
    return {"tag": "other_words", "text": text}


def _value(name: str, text: str) -> Any:
    """A value as format 2 writes it. Raises ValueError for a number that is none."""
    if name in _NUMBERS:
        return int(text)
    match name:
        case "seconds":
            return float(text)
        case "extended":
            return text.split(", ")
        case "shortage":
            return SHORTAGES[text]
        case "over":
            return _OVER[text]
        case "wire":
            return _WIRE[text]
        case "is_late":
            return True
    return text
