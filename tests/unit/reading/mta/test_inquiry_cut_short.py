"""A tool of a mail server that gives no answer, as on a busy machine: what it would have told is unknown, and
nothing is said of it that the tool did not say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from probe.model.local_tool import Call, FileCall, ToolOutput, ToolReason, ToolWhy, run_inquiry
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import HopKind, NoSenderMta, SenderMta
from tests.support.mta import NAMES, fixture, inquiry_of, recorded

BreakOff = Callable[[Call, ToolOutput], ToolOutput]
Fact = tuple[object, MtaWhy | None]
LATE = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.LATE, seconds=2))
FAILED = ToolOutput("", "fatal: no such thing\n", 75)
WORDS = "[Errno 13] Permission denied: 'x'"
DENIED = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.FILE_UNREADABLE, path="x", text=WORDS))
# Reasons that state how the server is configured, not that something was not told
DENIALS = frozenset(
    {
        *(MtaReason.NO_PROGRAM, MtaReason.NO_FILE, MtaReason.NO_CONFIGURATION, MtaReason.NOT_CONFIGURED),
        *(MtaReason.NOT_SET, MtaReason.SYSTEM_CHOOSES, MtaReason.NO_HOST, MtaReason.NO_HOST_NAME),
        *(MtaReason.NO_LIMIT, MtaReason.NO_PLAIN_LIMIT, MtaReason.NO_TRANSPORT, MtaReason.NO_RULE),
        *(MtaReason.NO_ROUTE, MtaReason.NO_SMTP_TRANSPORT, MtaReason.NO_MAILBOX, MtaReason.NO_SERVICE),
        *(MtaReason.NO_SERVER, MtaReason.NO_TRUST_AD, MtaReason.PROGRAM, MtaReason.NO_TLS_LEVEL),
    }
)


def facts_of(mta: SenderMta) -> dict[str, Fact]:
    """Each fact that a check relies on, with the reason where it is not known."""
    route, tls = mta.route, mta.tls
    # mail that stays here may have no mailbox: that it stays is known without the table of mailboxes
    has_no_mailbox = route.reason is not None and route.reason.tag is MtaReason.NO_MAILBOX
    kind = HopKind.LOCAL if has_no_mailbox else route.kind
    where = None if kind is HopKind.UNKNOWN else (kind, route.transport, route.hops)
    by = mta.sends_from
    return {
        "helo": (mta.helo.value, mta.helo.reason),
        "source_v4": (mta.source_v4.value, mta.source_v4.reason),
        "source_v6": (mta.source_v6.value, mta.source_v6.reason),
        "route": (where, route.reason),
        "sends_from": ("the same" if by is None else by.value, by.reason if by is not None else None),
        "sends_to": (None if where is None else (where, mta.sends_to), route.reason),
        "onward": (None if where is None else (where, route.fallback), route.reason),
        "login": (None if where is None else (where, route.authenticates), route.reason),
        "tls": (tls.level and (tls.level, tls.names, tls.wrapped, tls.roots), tls.reason),
        "size_limit": (mta.size_limit.value, mta.size_limit.reason),
    }


def calls_of(name: str) -> list[Call]:
    """All that the inquiry of a fixture asks, in its order."""
    whole = fixture(name)
    answer, calls = recorded(whole), list[Call]()

    def note(call: Call) -> ToolOutput:
        calls.append(call)
        return answer(call)

    run_inquiry(inquiry_of(whole), note)
    return calls


def took_too_long(call: Call, printed: ToolOutput) -> ToolOutput:
    """The output of a call that took too long."""
    return LATE


def failed_at_once(call: Call, printed: ToolOutput) -> ToolOutput:
    """The output of a call that failed at once. Of other programs than those of Postfix the exit status tells
    nothing: they print what they know and end with a failure in good times, too."""
    if isinstance(call, FileCall):
        return DENIED
    return FAILED if call.program in ("postconf", "postmap") else printed


def answers_but(name: str, numbers: frozenset[int], break_off: BreakOff) -> SenderMta | NoSenderMta:
    """What is read where the calls with these numbers break off. A call that a full run does not make is
    late: nothing is recorded of it."""
    whole = fixture(name)
    answer, calls, number = recorded(whole), calls_of(name), -1

    def reply(call: Call) -> ToolOutput:
        nonlocal number
        number += 1
        if call not in calls:
            return LATE
        return break_off(call, answer(call)) if number in numbers else answer(call)

    return run_inquiry(inquiry_of(whole), reply)


def assert_nothing_is_made_up(whole: SenderMta, part: SenderMta | NoSenderMta, of_call: Call) -> None:
    """Each fact is that of the full run, or unknown for a reason that states nothing of the configuration."""
    if isinstance(part, NoSenderMta):
        assert part.reason.tag not in DENIALS, (of_call, part.reason)
        return
    facts = facts_of(whole)
    for name, (value, reason) in facts_of(part).items():
        if (value, reason) == facts[name]:
            continue
        assert value in (None, facts[name][0]), (of_call, name, value, facts[name])
        if value is None:
            assert reason is not None and reason.tag not in DENIALS, (of_call, name, reason)


@pytest.mark.parametrize("break_off", [took_too_long, failed_at_once])
@pytest.mark.parametrize("name", NAMES)
def test_what_a_tool_did_not_tell_is_unknown(name: str, break_off: BreakOff) -> None:
    whole = run_inquiry(inquiry_of(fixture(name)), recorded(fixture(name)))
    calls = calls_of(name)
    for number, call in enumerate(calls):
        if isinstance(whole, NoSenderMta):
            continue
        assert_nothing_is_made_up(whole, answers_but(name, frozenset({number}), break_off), call)
        assert_nothing_is_made_up(
            whole, answers_but(name, frozenset(range(number, len(calls))), break_off), call
        )
