"""Where mail leaves, read from what servers said: in a recording, in its beginning, and redacted."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.facts.build import facts_of
from probe.facts.model import VantageFacts
from probe.model.address import IPAddress
from probe.model.observed import HeloReason, SessionReason
from probe.model.reason import Reason
from probe.model.session import EndReason, Experiment
from probe.model.sighting import AddressBasis
from probe.model.target import Options, PairTarget
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.standards.dns.message import RecordType
from probe.standards.spf.results import SpfVerdict
from tests.support.recordings import LOGGED, RECIPIENT, SENDER, STARTED_AT, dns, txt

FREE = Options()
PRIVATE, OUTSIDE = ip_address("10.0.0.5"), ip_address("81.2.3.4")
REVERSE = "4.3.2.81.in-addr.arpa"


def session(number: int, host: str, hello: bytes, local: IPAddress = PRIVATE) -> list[ev.Event]:
    ip, planned = ip_address(f"47.246.137.{number}"), Reason(SessionReason.PLANNED)
    return [
        ev.SessionOpened(5, number, host, ip, 25, Experiment.TARGET, planned),
        ev.Connected(6, number, local),
        ev.Received(7, number, b"220 mx ESMTP\r\n"),
        ev.Sent(8, number, b"EHLO out.sender.co.uk\r\n"),
        ev.Received(9, number, hello),
        ev.Sent(10, number, b"QUIT\r\n"),
        ev.Received(11, number, b"221 bye\r\n"),
        ev.SessionClosed(12, number, EndReason.QUIT),
    ]


def recording(*events: ev.Event, options: Options = FREE) -> Recording:
    target = PairTarget(SENDER, RECIPIENT)
    return Recording.of(
        [
            ev.Started(ev.FORMAT_VERSION, "0.1", STARTED_AT, target, options),
            ev.Vantage(1, PRIVATE, "box", "out.sender.co.uk", Reason(HeloReason.HOSTNAME)),
            txt("mail.sender.co.uk", b"v=spf1 ip4:81.2.3.0/24 -all"),
            dns(REVERSE, RecordType.PTR),
            *events,
            ev.Finished(20),
        ]
    )


def vantage(*events: ev.Event, options: Options = FREE) -> VantageFacts:
    return facts_of(recording(*events, options=options)).vantage


HELLO = b"250-mx Hello out.sender.co.uk [81.2.3.4]\r\n250 SIZE\r\n"
MUTE = b"250-mx.tmall.com\r\n250 SIZE\r\n"


def test_one_server_says_it() -> None:
    result = vantage(*session(1, "mx1.tmall.com", HELLO))
    assert (result.basis, result.source_ip, result.outside_ip) == (AddressBasis.SAID, OUTSIDE, OUTSIDE)
    assert (result.probe_ip, result.basis_by, result.rests_on_one_word) == (PRIVATE, ("mx1.tmall.com",), True)
    assert [it.ref for it in result.sightings] == ["session:1:ehlo"]


def test_two_servers_settle_it() -> None:
    result = vantage(*session(1, "mx1.tmall.com", HELLO), *session(2, "mx2.tmall.com", HELLO))
    assert (result.basis, result.rests_on_one_word) == (AddressBasis.SEEN, False)


def test_nothing_is_judged_for_a_private_address() -> None:
    facts = facts_of(recording(*session(1, "mx1.tmall.com", MUTE)))
    assert (facts.vantage.basis, facts.vantage.source_ip) == (AddressBasis.PRIVATE, None)
    assert (facts.sender.spf, facts.sender.spf_helo, facts.sender.ptr) == (None, None, None)
    assert facts.sender.alignment.spf is None
    assert facts.sender.helo is not None and facts.sender.helo.matches_source is None


def test_the_log_names_it() -> None:
    result = vantage(ev.LogGiven(4, LOGGED), *session(1, "mx1.tmall.com", MUTE))
    assert (result.basis, result.source_ip) == (AddressBasis.LOGGED, OUTSIDE)


def test_a_server_that_sees_the_address_of_ip_shows_that_mail_leaves_from_here() -> None:
    result = vantage(*session(1, "mx1.tmall.com", HELLO), options=Options(ip=OUTSIDE))
    assert (result.basis, result.is_sending_address) == (AddressBasis.GIVEN, True)


def test_what_follows_the_connection_is_read_as_far_as_it_came() -> None:
    events = list(recording(*session(1, "mx1.tmall.com", HELLO)))
    for length in range(1, len(events) + 1):
        result = facts_of(Recording.of(events[:length])).vantage
        assert result.basis in (AddressBasis.NOWHERE, AddressBasis.PRIVATE, AddressBasis.SAID)


@pytest.mark.parametrize("count", [1, 2])
def test_a_redacted_recording_says_the_same(count: int) -> None:
    events = [it for number in range(1, count + 1) for it in session(number, f"mx{number}.tmall.com", HELLO)]
    plain, shared = recording(*events), redact(recording(*events))
    assert b"81.2.3.4" not in b"".join(it.data for it in shared.all(ev.Received))
    before, after = facts_of(plain), facts_of(shared)
    assert before.vantage.basis is after.vantage.basis
    assert before.sender.spf is not None and after.sender.spf is not None
    assert (before.sender.spf.verdict, after.sender.spf.verdict) == (SpfVerdict.PASS, SpfVerdict.PASS)
