"""What must hold beside the words of a rule, each aspect just holding and just not."""

from __future__ import annotations

from typing import Any

import pytest

from probe.reading.reply.build import of_rules
from probe.reading.reply.conditions import Status, Subject, contradiction, holds
from probe.reading.reply.mask import MaskedText
from probe.reading.reply.records import Aspect, RuleBook
from probe.reading.reply.speaker import Speaker
from tests.unit.reading.reply.rules import rule

NOTHING = MaskedText("", "")
POSTFIX = Speaker("postfix", "told")
GUESSED = Speaker("postfix", "guessed", is_named=False, factor=0.5)


def _holds(condition: dict[str, Any], **entries: Any) -> bool:
    entries.setdefault("masked_text", NOTHING)
    servers = {"software": [{"id": "exim", "kind": "server"}], "rule": [rule("r", **condition)]}
    result = RuleBook(of_rules([servers])["rules"])[0]
    return holds(result, Subject(**entries))


def _statuses(*texts: str) -> tuple[Status, ...]:
    return tuple(Status(it, it) for it in texts)


@pytest.mark.parametrize(
    ("condition", "entries", "expected"),
    [
        ({"codes": ["55", "4"]}, {"code": "550"}, True),
        ({"codes": ["55", "4"]}, {"code": "540"}, False),
        ({"codes": ["5"]}, {"code": ""}, False),
        ({"codes": [""]}, {"code": ""}, False),
        ({"pairs": ["550 5.1.1"]}, {"code": "550", "statuses": _statuses("5.1.1", "5.7.1")}, True),
        ({"unless": ["spam", "virus"]}, {"masked_text": MaskedText("spam", "")}, False),
        ({"enhanced": ["5.1.1"]}, {"statuses": _statuses("5.1.1")}, True),
        ({"enhanced": ["x.1.1"]}, {"statuses": _statuses("5.7.1", "4.1.1")}, True),
        ({"enhanced": ["5.1.1"]}, {"statuses": _statuses("4.1.1")}, False),
        ({"enhanced": ["5.1.1"]}, {"statuses": ()}, False),
        ({"pairs": ["550 5.1.1"]}, {"code": "550", "statuses": _statuses("5.1.1")}, True),
        ({"pairs": ["550 5.1.1"]}, {"code": "551", "statuses": _statuses("5.1.1")}, False),
        ({"pairs": ["550 -"]}, {"code": "550"}, True),
        ({"pairs": ["550 -"]}, {"code": "550", "statuses": _statuses("5.1.1")}, False),
        ({"stages": ["rcpt", ""]}, {"stage": "rcpt"}, True),
        ({"stages": ["rcpt", ""]}, {"stage": ""}, True),
        ({"stages": ["rcpt"]}, {"stage": "mail"}, False),
        ({"hosts": ["b.test"]}, {"hosts": ("mx.b.test",)}, True),
        ({"hosts": ["b.test"]}, {"hosts": ("b.test",)}, True),
        ({"hosts": ["b.test"]}, {"hosts": ("mxb.test", "b.test.c")}, False),
        ({"unless": ["spam"]}, {"masked_text": MaskedText("no spam here", "")}, False),
        ({"unless": ["e"]}, {"masked_text": MaskedText("\u00e9", "", "e")}, False),
        ({"unless": ["spam"]}, {"masked_text": MaskedText("mail", "")}, True),
        ({"coded": True}, {"code": "550"}, True),
        ({"coded": True}, {"code": "", "is_quoted": True}, True),
        ({"coded": True}, {"code": ""}, False),
        ({"coded": False}, {"code": ""}, True),
        ({"coded": False}, {"code": "550"}, False),
        ({"wordless": True}, {"is_wordless": True}, True),
        ({"wordless": True}, {"is_wordless": False}, False),
        ({"unread": True}, {"is_unread": True}, True),
        ({"unread": True}, {"is_unread": False}, False),
        ({"codes": ["5"], "stages": ["rcpt"]}, {"code": "550", "stage": "mail"}, False),
        ({}, {}, True),
    ],
)
def test_an_aspect_holds_as_far_as_it_says(
    condition: dict[str, Any], entries: dict[str, Any], expected: bool
) -> None:
    assert _holds(condition, **entries) is expected


@pytest.mark.parametrize(
    ("condition", "speaker", "expected"),
    [
        ({"software": ["postfix"]}, POSTFIX, True),
        ({"software": ["postfix"]}, None, True),
        ({"software": ["exim"]}, POSTFIX, False),  # a server, and the greeting names another one
        ({"software": ["exim"]}, GUESSED, True),
        ({"software": ["rspamd"]}, POSTFIX, True),  # a filter may stand behind any server
        ({"software": ["postfix"], "told_by": "session"}, None, False),
        ({"software": ["postfix"], "told_by": "session"}, GUESSED, True),
        ({"software": ["rspamd"], "told_by": "session"}, POSTFIX, False),
    ],
)
def test_a_rule_about_a_program_holds_only_where_that_program_answers(
    condition: dict[str, Any], speaker: Speaker | None, expected: bool
) -> None:
    assert _holds(condition, speaker=speaker) is expected


def test_every_aspect_of_the_rule_files_is_looked_at() -> None:
    for aspect in Aspect:
        wanted: Any = True if aspect in ("coded", "wordless", "unread") else ["no such thing"]
        unlike = Subject(MaskedText("no such thing", ""), is_wordless=False)
        result = RuleBook(of_rules([{"rule": [rule("r", **{aspect.value: wanted})]}])["rules"])[0]
        assert not holds(result, unlike), aspect


def test_a_contradiction_is_told_only_of_the_status_by_which_a_rule_holds() -> None:
    result = RuleBook(of_rules([{"rule": [rule("r", enhanced=["x.1.1"])]}])["rules"])[0]
    crossed, straight = Status("5.1.1", "4.1.1"), Status("4.1.1", "4.1.1")
    assert contradiction(result, Subject(NOTHING, statuses=(crossed,))) == "5.1.1"
    assert contradiction(result, Subject(NOTHING, statuses=(crossed, straight))) == ""
    other = Status("2.1.1", "4.1.1")
    assert contradiction(result, Subject(NOTHING, statuses=(crossed, other))) == "5.1.1"
    assert contradiction(result, Subject(NOTHING, statuses=(other, crossed))) == "2.1.1"
    assert contradiction(result, Subject(NOTHING, statuses=(Status("5.2.2", "4.2.2"),))) == ""
    assert Subject(NOTHING, statuses=(straight, crossed)).is_contradictory
    assert not Subject(NOTHING, statuses=(straight,)).is_contradictory
    assert Subject(NOTHING).is_wordless, "of a reply of which nothing is known no words are"
