"""Every None of the facts has its reason, on every recording and every prefix."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from probe.facts.build import facts_of
from probe.facts.gaps import Fact, gap_of, gaps_of
from probe.facts.model import Facts, RecipientFacts, SenderFacts, VantageFacts
from probe.facts.session import Exchange, Session, TlsFacts
from probe.model.address import IPAddress, Mailbox, NullReversePath
from probe.model.fault import Fault
from probe.model.observed import Gap, HeloReason, Part
from probe.model.program_part import ProgramPart
from probe.model.reason import Reason
from probe.model.session import EndReason
from probe.model.target import DomainTarget, Options, PairTarget
from probe.reading.bounce.about import BounceFacts
from probe.recording import events as ev
from probe.recording.file import load
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.standards.dmarc.results import Alignment
from probe.wording.spoken import spoken
from tests.support import facts as make
from tests.support.recordings import full_events

STORED = sorted((Path(__file__).resolve().parents[3] / "fixtures" / "recordings").glob("*/recording.jsonl"))
LOOKED_INTO = (
    *(Facts, VantageFacts, RecipientFacts, SenderFacts, Alignment, BounceFacts),
    *(Session, TlsFacts, Exchange),
)
LITERAL = Mailbox("bob", "[192.0.2.9]", "[192.0.2.9]", ip_address("192.0.2.9"))


def nones(node: Any, place: str = "") -> Iterator[str]:
    """The places of the facts' own fields that are None."""
    for field in dataclasses.fields(node):
        value, here = getattr(node, field.name), f"{place}{field.name}"
        if value is None:
            yield here
        elif isinstance(value, LOOKED_INTO):
            yield from nones(value, f"{here}.")
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, LOOKED_INTO):
                    yield from nones(item, f"{here}.{index}.")


def held(facts: Facts) -> None:
    result = gaps_of(facts)
    assert set(nones(facts)) - result.keys() == set()
    for place, why in result.items():
        assert spoken(why), place
        assert place not in known(facts), place


def known(facts: Facts) -> set[str]:
    """The places of Fact that hold something."""
    return {fact.value for fact in Fact if gap_of(facts, fact) is None}


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.parent.name)
def test_no_none_of_a_stored_recording_is_without_its_reason(path: Path) -> None:
    recording = load(path)
    held(facts_of(recording))
    held(facts_of(redact(recording)))


@pytest.mark.parametrize("name", ["lab-tmall", "lab-null-mx", "lab-tls-expired-certificate"])
def test_no_none_of_a_prefix_is_without_its_reason(name: str) -> None:
    (path,) = (path for path in STORED if path.parent.name == name)
    events = list(load(path))
    for length in range(1, len(events), 7):
        held(facts_of(Recording.of(events[:length])))


def test_no_none_of_a_run_with_every_event_is_without_its_reason() -> None:
    events = full_events()
    for length in range(1, len(events) + 1):
        held(facts_of(Recording.of(events[:length])))


def started(sender: Mailbox | NullReversePath | None = make.SENDER, **options: Any) -> ev.Started:
    target = DomainTarget("r.example") if sender is None else PairTarget(sender, make.RECIPIENT)
    return ev.Started(ev.FORMAT_VERSION, "0", "2026-11-21T08:00:00Z", target, Options(**options))


def vantage(ip: IPAddress | None, helo: str) -> ev.Vantage:
    return ev.Vantage(1, ip, "h", helo, Reason(HeloReason.NONE))


IP = ip_address("9.9.9.9")
HERE = vantage(IP, "mail.sender.example")
CUT = [ev.NotReached(2, part, Reason(Gap.DEADLINE)) for part in (Part.SENDER_ADDRESS, Part.SESSIONS)]
CASES: list[tuple[list[ev.Event], Fact, Gap]] = [
    ([started(None)], Fact.SPF, Gap.NO_SENDER),
    ([started(None)], Fact.PTR, Gap.NO_SENDER),
    ([started(NullReversePath()), HERE], Fact.DOMAIN, Gap.NULL_SENDER),
    ([started(NullReversePath()), HERE], Fact.DMARC, Gap.NULL_SENDER),
    ([started(LITERAL), HERE], Fact.DOMAIN, Gap.ADDRESS_LITERAL),
    ([started(LITERAL), HERE], Fact.SPF, Gap.ADDRESS_LITERAL),
    ([started(NullReversePath(), header_from=LITERAL), HERE], Fact.DMARC, Gap.ADDRESS_LITERAL),
    ([started(), vantage(None, "localhost")], Fact.SPF, Gap.NO_ADDRESS),
    ([started(), vantage(None, "localhost")], Fact.PTR, Gap.NO_ADDRESS),
    ([started()], Fact.SPF, Gap.NOT_MADE),  # it was not looked for yet: nobody says that there is no route
    ([started(), *CUT], Fact.SPF, Gap.DEADLINE),
    ([started(), *CUT], Fact.SOURCE_IP, Gap.DEADLINE),
    ([started(), *CUT], Fact.SESSIONS, Gap.DEADLINE),
    ([started(ip=IP)], Fact.SPF, Gap.NOT_MADE),
    ([started(), vantage(IP, "[9.9.9.9]")], Fact.SPF_HELO, Gap.HELO_WITHOUT_DNS),
    ([started(), vantage(IP, "laptop")], Fact.SPF_HELO, Gap.HELO_WITHOUT_DNS),
    ([started(), HERE], Fact.DKIM_ALIGNMENT, Gap.NO_KEY),
    ([started(smtp=False), HERE], Fact.SESSIONS, Gap.NO_SMTP),
    ([started(dnsbl_enabled=False), HERE], Fact.LISTINGS, Gap.NO_DNSBL),
    ([started(), HERE], Fact.SESSIONS, Gap.NO_SERVER_ASKED),
    ([started(), HERE], Fact.MESSAGE, Gap.NOT_GIVEN),
    ([started(), ev.NotReached(2, Part.MESSAGE, Reason(Gap.REDACTED))], Fact.MESSAGE, Gap.REDACTED),
    ([started(), HERE], Fact.PROVIDER, Gap.NONE_FOUND),
]


@pytest.mark.parametrize(("events", "fact", "gap"), CASES)
def test_a_fact_is_missing_for_its_own_reason(events: list[ev.Event], fact: Fact, gap: Gap) -> None:
    facts = facts_of(Recording.of(events))
    why = gap_of(facts, fact)
    assert why is not None and why.tag is gap
    held(facts)


@pytest.mark.parametrize(
    ("reader", "missing", "fact"),
    [
        (ProgramPart.SPF, {"spf": None}, Fact.SPF),
        (ProgramPart.SPF_HELO, {"spf_helo": None}, Fact.SPF_HELO),
        (ProgramPart.DKIM, {"dkim": ()}, Fact.DKIM),
        (ProgramPart.DMARC, {"dmarc": None}, Fact.DMARC),
        (ProgramPart.PTR, {"ptr": None, "helo": None}, Fact.PTR),
        (ProgramPart.PTR, {"ptr": None, "helo": None}, Fact.HELO),
        (ProgramPart.HELO, {"helo": None}, Fact.HELO),
        (ProgramPart.MAIL, {"mail": None}, Fact.MAIL),
    ],
)
def test_where_this_program_failed_that_is_the_reason(
    reader: ProgramPart, missing: dict[str, Any], fact: Fact
) -> None:
    fault = Fault(reader, 2, "KeyError", "probe/x.py:1")
    facts = make.facts(sender=make.sender_facts(**missing), faults=(fault,))
    assert gap_of(facts, fact) == fault.reason
    assert gap_of(dataclasses.replace(facts, faults=()), fact) == Reason(Gap.NOT_MADE)


def test_what_is_known_has_no_reason() -> None:
    facts = make.facts()
    assert gap_of(facts, Fact.SPF) is None
    assert {fact.value for fact in Fact} - known(facts) == {
        *("recipient.provider", "recipient.typo_of", "sender.typo_of", "message", "bounce", "mta", "log"),
        *("tls_policy", "why_no_mta"),
    }


def test_the_gaps_of_sessions_are_named_by_their_place() -> None:
    facts = make.facts(sessions=(make.session(), make.failed_session(EndReason.REFUSED, 2)))
    result = {place: why.tag for place, why in gaps_of(facts).items() if place.startswith("sessions.1.")}
    assert result == {
        "sessions.1.local_ip": Gap.NOT_CONNECTED,
        "sessions.1.tls": Gap.NOT_CONNECTED,
        "sessions.1.plain_extensions": Gap.NOT_CONNECTED,
        "sessions.1.extensions": Gap.NOT_CONNECTED,
        "sessions.1.cause": Gap.NONE_FOUND,
    }
