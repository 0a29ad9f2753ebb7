"""Redaction: nobody can be recognised, and the diagnosis stays."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.facts.build import facts_of
from probe.facts.logged import tells_of_failure
from probe.knowledge.dnsbl import built_in_lists
from probe.model.address import Mailbox
from probe.model.observed import Gap, HeloReason, Part
from probe.model.reason import Reason
from probe.model.target import DomainTarget, Endpoint, Options, PairTarget
from probe.recording import events as ev
from probe.recording.codec import decode, encode
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.standards.dns.message import Answer, Mx, Question, RecordType, Status, Txt
from probe.standards.dns.provenance import ExtendedError, Provenance, Soa
from tests.support.recordings import RECIPIENT, SENDER, STARTED_AT, dns, full_recording, txt

START = ev.Started(
    ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(SENDER, RECIPIENT), Options(ip=ip_address("81.2.3.4"))
)


def redacted(*events: ev.Event) -> tuple[ev.Event, ...]:
    """The events after the first, redacted."""
    return tuple(redact(Recording.of([START, *events])))[1:]


def received(data: bytes) -> bytes:
    (event,) = redacted(ev.Received(1, 1, data))
    assert isinstance(event, ev.Received)
    return event.data


def test_no_identity_is_left_in_clear() -> None:
    text = "\n".join(encode(event) for event in redact(full_recording())).lower()
    for secret in (
        "bob", "smith", "alice", "tmall", "sender.co.uk", "sender", "brand", "laptop", "vendor.io", "81.2.3",
        "81-2-3", "3.2.81", "9.8.7", "9.9.9.9", "47.246", "10.1.2.3", "2a01", "k3y", "verification=abc",
    ):  # fmt: skip
        assert secret not in text


def test_the_kinds_and_their_order_stay_but_for_message_and_bounce() -> None:
    before = [type(event) for event in full_recording()]
    after = [type(event) for event in redact(full_recording())]
    assert after == [ev.NotReached if kind in {ev.MessageGiven, ev.BounceGiven} else kind for kind in before]


def test_a_redacted_recording_is_left_as_it_is_also_after_a_file() -> None:
    once = redact(full_recording())
    again = Recording.of(decode(encode(event)) for event in once)
    assert list(redact(again)) == list(once)


def test_times_ports_and_replies_stay() -> None:
    pairs = zip(full_recording(), redact(full_recording()), strict=True)
    assert all(getattr(old, "at_ms", 0) == getattr(new, "at_ms", 0) for old, new in pairs)
    reply = received(b"550 5.1.1 user unknown, quota 90%, see RFC 5321 section 4.2\r\n")
    assert reply == b"550 5.1.1 user unknown, quota 90%, see RFC 5321 section 4.2\r\n"


def test_the_same_original_is_the_same_pseudonym_everywhere() -> None:
    by_kind = {type(event): event for event in redact(full_recording())}
    started, opinion, opened = by_kind[ev.Started], by_kind[ev.OpinionGiven], by_kind[ev.SessionOpened]
    assert isinstance(started, ev.Started)
    assert isinstance(opinion, ev.OpinionGiven)
    assert isinstance(opened, ev.SessionOpened)
    assert isinstance(started.target, PairTarget)
    assert isinstance(started.target.reverse_path, Mailbox)
    assert opinion.domain == started.target.reverse_path.domain
    assert opened.mx_host.endswith("." + started.target.forward_path.domain)


def test_a_name_cut_by_a_packet_border_is_found() -> None:
    first, second = redacted(
        ev.Received(1, 1, b"550 <ali"), ev.Received(2, 1, b"ce@tmall.com>\r\n250 ok\r\n")
    )
    assert isinstance(first, ev.Received)
    assert isinstance(second, ev.Received)
    assert first.data == b""
    assert second.data == b"550 <user1@domain1.example>\r\n250 ok\r\n"


def test_names_that_hold_an_address_follow_its_pseudonym() -> None:
    events = redacted(
        dns("4.3.2.81.in-addr.arpa", RecordType.PTR, "out.sender.co.uk"),
        dns("4.3.2.81.zen.spamhaus.org", RecordType.A),
        dns("81.2.3.4._x.sender.co.uk", RecordType.A),
    )
    names = [event.answer.question.name for event in events if isinstance(event, ev.DnsAnswered)]
    assert names[0] == "1.2.0.192.in-addr.arpa"
    assert names[1] == "1.2.0.192.zen.spamhaus.org"
    assert names[2].startswith("192.0.2.1._x.domain")


def test_ipv6_nibbles_follow_their_address() -> None:
    ip = ip_address("2a01:7e00::1")
    nibbles = ip.reverse_pointer.removesuffix(".ip6.arpa")
    vantage = ev.Vantage(1, ip, "", "x.sender.co.uk", Reason(HeloReason.PTR))
    events = redacted(vantage, dns(f"{nibbles}.zen.spamhaus.org", RecordType.A))
    fresh = events[0].source_ip if isinstance(events[0], ev.Vantage) else None
    assert fresh is not None
    assert fresh in (ip_address("2001:db8::1"), ip_address("2001:db8::2"))
    assert isinstance(events[1], ev.DnsAnswered)
    assert events[1].answer.question.name == fresh.reverse_pointer.replace("ip6.arpa", "zen.spamhaus.org")


@pytest.mark.parametrize("zone", [it.zone for it in built_in_lists()])
def test_the_zone_of_every_list_that_is_asked_stays(zone: str) -> None:
    (event,) = redacted(dns(f"2.0.0.127.{zone}", RecordType.A))
    assert isinstance(event, ev.DnsAnswered)
    assert event.answer.question.name == f"2.0.0.127.{zone}"


def test_a_customer_s_key_before_a_zone_does_not_stay() -> None:
    (event,) = redacted(dns("2.0.0.127.secretkey.all.spamrats.com", RecordType.A))
    assert isinstance(event, ev.DnsAnswered)
    assert "secretkey" not in event.answer.question.name


@pytest.mark.parametrize(
    "name", ["2.0.0.127.zen.spamhaus.org", "test.dbl.spamhaus.org", "dbltest.com.dbl.spamhaus.org"]
)
def test_the_test_entries_of_blocklists_stay(name: str) -> None:
    (event,) = redacted(dns(name, RecordType.A, ip_address("127.0.0.2")))
    assert event == dns(name, RecordType.A, ip_address("127.0.0.2"))


def spf(record: bytes) -> str:
    event = redacted(txt("sender.co.uk", record))[0]
    assert isinstance(event, ev.DnsAnswered)
    return event.answer.txts()[0].data.decode()


def test_an_spf_network_matches_after_as_before() -> None:
    assert spf(b"v=spf1 ip4:81.2.0.0/16 -all") == "v=spf1 ip4:192.0.2.1 -all"
    other = spf(b"v=spf1 -ip4:81.3.0.0/16 ?ip6:2a01::/16 -all")
    assert re.fullmatch(r"v=spf1 -ip4:192\.0\.2\.\d+ \?ip6:2001:db8::\w+ -all", other)
    assert "192.0.2.1 " not in other


def test_a_dkim_key_survives_octet_by_octet() -> None:
    key = b"v=DKIM1; k=rsa; p=MIGfMA0/alice+alice/9w0BAQ=="
    record = dns("s1._domainkey.sender.co.uk", RecordType.TXT, Txt((key[:20], key[20:])))
    (event,) = redacted(record)
    assert isinstance(event, ev.DnsAnswered)
    assert event.answer.question.name.startswith("s1._domainkey.domain")
    assert event.answer.txts()[0].data == key


def test_a_providers_suffix_stays_and_the_rest_of_the_name_does_not() -> None:
    (event,) = redacted(dns("tmall.com", RecordType.MX, Mx(5, "acme-com.mail.protection.outlook.com")))
    assert isinstance(event, ev.DnsAnswered)
    (mx,) = event.answer.mxs()
    assert mx.exchange.endswith(".mail.protection.outlook.com")
    assert "acme" not in mx.exchange


def test_a_target_domain_goes_even_when_it_is_a_providers() -> None:
    start = ev.Started(ev.FORMAT_VERSION, "0.1", STARTED_AT, DomainTarget("gmail.com"), Options())
    out = redact(Recording.of([start, dns("gmail.com", RecordType.MX, Mx(5, "gmail-smtp-in.l.google.com"))]))
    text = "\n".join(map(encode, out))
    assert "gmail.com" not in text
    assert ".google.com" in text


def test_words_of_a_reply_stay_when_they_are_somebodys_local_part() -> None:
    target = PairTarget(Mailbox("user", "a.sender.co.uk", "a.sender.co.uk"), RECIPIENT)
    start = ev.Started(ev.FORMAT_VERSION, "0.1", STARTED_AT, target, Options())
    out = tuple(
        redact(Recording.of([start, ev.Received(1, 1, b"550 no such user <user@a.sender.co.uk>\r\n")]))
    )
    assert isinstance(out[1], ev.Received)
    assert re.fullmatch(rb"550 no such user <user\d@host\d\.domain\d\.example>\r\n", out[1].data)


def test_postmaster_stays_postmaster() -> None:
    assert received(b"250 <Postmaster@tmall.com> ok\r\n") == b"250 <Postmaster@domain1.example> ok\r\n"


def test_a_missing_space_after_a_sentence_is_no_name() -> None:
    assert (
        received(b"550 denied.Please try later.It is full\r\n")
        == b"550 denied.Please try later.It is full\r\n"
    )


def test_no_pseudonym_equals_an_original_of_the_same_recording() -> None:
    events = redacted(
        dns("a.domain1.example", RecordType.A, ip_address("192.0.2.1")),
        dns("b.host1.test", RecordType.A, ip_address("192.0.2.2")),
    )
    text = "\n".join(map(encode, events))
    for original in ('"192.0.2.1"', '"192.0.2.2"', "domain1.example", "host1."):
        assert original not in text


def test_private_addresses_stay_private_and_loopback_stays() -> None:
    out = received(b"250 from 172.16.9.9 via 192.168.7.7 and 127.0.0.1 and fe80::9\r\n").decode()
    assert out == "250 from 172.16.0.1 via 192.168.0.1 and 127.0.0.1 and fe80::1\r\n"


def test_bytes_that_are_no_utf_8_survive() -> None:
    assert received(b"550 \xd3\xc3\xbb\xa7 \xff\x00 alice@tmall.com\r\n") == (
        b"550 \xd3\xc3\xbb\xa7 \xff\x00 user1@domain1.example\r\n"
    )


def test_certificates_and_hashes_are_dropped() -> None:
    for line in map(encode, redact(full_recording())):
        value = json.loads(line)
        if value["kind"] == "tls_established":
            assert value["chain"] == []
        if value["kind"] == "dns" and value["answer"]["question"]["rtype"] == "TLSA":
            assert value["answer"]["records"][0]["data"] == "AAAAAAAAAAA="


def test_a_replay_finds_the_same_facts() -> None:
    before, after = facts_of(full_recording()), facts_of(redact(full_recording()))
    for facts in (before, after):
        assert facts.sender.spf is not None
        assert facts.sender.ptr is not None
        assert facts.sender.helo is not None
        assert facts.recipient.provider is not None
    assert before.sender.spf and after.sender.spf
    assert after.sender.spf.verdict is before.sender.spf.verdict
    assert [(step.depth, step.outcome) for step in after.sender.spf.trace] == [
        (step.depth, step.outcome) for step in before.sender.spf.trace
    ]
    assert before.sender.ptr and after.sender.ptr
    assert after.sender.ptr.status is before.sender.ptr.status
    assert before.sender.helo and after.sender.helo
    assert after.sender.helo.equals_ptr is before.sender.helo.equals_ptr
    assert after.recipient.provider == before.recipient.provider
    assert after.recipient.mx.kind is before.recipient.mx.kind
    assert [listing.status for listing in after.listings] == [listing.status for listing in before.listings]
    assert [[e.reply and e.reply.code for e in session.exchanges] for session in after.sessions] == [
        [e.reply and e.reply.code for e in session.exchanges] for session in before.sessions
    ]


def test_the_code_of_a_reply_is_no_part_of_the_name_behind_it() -> None:
    recording = full_recording()
    recording.append(ev.Received(9000, 1, b"250-mx1.recipient.example at your service\r\n250 SIZE 1000\r\n"))
    (last,) = redact(recording).all(ev.Received)[-1:]
    assert last.data.startswith(b"250-")
    assert b"mx1.recipient" not in last.data


def test_what_spf_macros_put_into_a_name_is_found_under_the_new_name() -> None:
    """RFC 7208 section 7.3: %{ir}.%{v}, %{l}.%{d}.%{i}."""
    local, domain = SENDER.local_part, SENDER.domain
    spf = "v=spf1 include:%{ir}.%{v}._spf.mail.sender.co.uk exists:%{l}.%{d}.%{i}._e.mail.sender.co.uk -all"
    answers = redacted(
        dns(domain, RecordType.TXT, Txt((spf.encode(),))),
        dns("4.3.2.81.in-addr._spf.mail.sender.co.uk", RecordType.TXT, Txt((b"v=spf1 -all",))),
        dns(f"{local}.{domain}.81.2.3.4._e.mail.sender.co.uk", RecordType.A),
    )
    start = redact(Recording.of([START])).started
    assert isinstance(start.target, PairTarget) and isinstance(start.target.reverse_path, Mailbox)
    ip, sender = start.options.ip, start.target.reverse_path
    assert ip is not None
    questions = [event.answer.question.name for event in answers if isinstance(event, ev.DnsAnswered)]
    backwards = ip.reverse_pointer.removesuffix(".in-addr.arpa")
    assert questions[1:] == [
        f"{backwards}.in-addr._spf.{sender.domain}",
        f"{sender.local_part}.{sender.domain}.{ip}._e.{sender.domain}",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("v=DKIM1; n=contact=20x@other.net; p=QUJD", "v=DKIM1; n=user"),
        ("v=STSv1; id=acme20260101;", "v=STSv1; id=redacted;"),
    ],
)
def test_the_tags_of_a_record_keep_their_names(before: str, after: str) -> None:
    (event,) = redacted(dns("_x.other.net", RecordType.TXT, Txt((before.encode(),))))
    assert isinstance(event, ev.DnsAnswered)
    (record,) = event.answer.records
    assert isinstance(record, Txt) and record.data.decode().startswith(after)


def test_a_name_in_two_parts_is_found_however_it_is_joined() -> None:
    box = Mailbox("carol.brown", "acme-works.net", "acme-works.net")
    start = ev.Started(ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(SENDER, box), Options())
    text = b"550 Carol Brown of ACME Works (carol_brown, X-ACME-WORKS) has left\r\n"
    event = list(redact(Recording.of([start, ev.Received(1, 1, text)])))[1]
    assert isinstance(event, ev.Received)
    assert re.fullmatch(rb"550 (user\d+) of (host\d+) \(\1, X-\2\) has left\r\n", event.data)


def test_a_domain_of_plain_words_leaves_the_words_of_a_reply() -> None:
    box = Mailbox("no.reply", "mail-server.net", "mail-server.net")
    start = ev.Started(ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(SENDER, box), Options())
    text = b"450 the mail server gives no reply\r\n"
    event = list(redact(Recording.of([start, ev.Received(1, 1, text)])))[1]
    assert isinstance(event, ev.Received) and event.data == text


@pytest.mark.parametrize(
    "text",
    ["\u017fusi.smith", "SUS\u0130.SMITH", "susi.\u017fmith", "b\u00fccher", "B\u00dcCHER", "\u738b\u4f1f"],
)
def test_letters_beyond_ascii_hide_nobody(text: str) -> None:
    """Folded letters (long s, dotted I), U-labels, a name of two characters."""
    domain = "xn--bcher-kva.net"
    boxes = Mailbox("susi.smith", domain, domain), Mailbox("\u738b\u4f1f", domain, domain)
    start = ev.Started(ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(*boxes), Options())
    event = list(redact(Recording.of([start, ev.Received(1, 1, f"550 no {text} here".encode())])))[1]
    assert isinstance(event, ev.Received)
    assert re.fullmatch(rb"550 no (?:user|host)\d+ here", event.data)


@pytest.mark.parametrize(
    "text", ["alice%40tmall.com", "%61lice%40tmall%2Ecom%ff", "x=%E7%8E%8B&y=alice%40tmall.com%0D%0AQUIT"]
)
def test_percent_encoding_hides_nobody_and_lets_nothing_out(text: str) -> None:
    data = received(f"550 {text}\r\n".encode())
    assert b"alice" not in data and b"tmall" not in data and b"@" in data
    assert data.endswith(b"\r\n") and data.count(b"\n") == 1


def test_a_link_local_name_server_is_the_same_with_and_without_its_interface() -> None:
    result = ev.NotReached(
        1,
        Part.RESOLVER,
        Reason(Gap.NO_INTERFACE, where="/etc/resolv.conf", line=2, text="'fe80::1234:5%eth9'"),
    )
    started = full_recording().started
    servers = (Endpoint("fe80::1234:5%eth0", 53), Endpoint("9.9.9.9", 53))
    options = replace(started.options, nameservers=servers)
    output = redact(Recording.of([replace(started, options=options), result]))
    host = output.started.options.nameservers[0].host
    assert "1234" not in host
    assert host in output.all(ev.NotReached)[0].reason.text


def test_a_denial_is_believed_or_doubted_as_before() -> None:
    """A list that was asked, and any other name, whatever zone the denial speaks for."""
    names = ("2.0.0.127.zen.spamhaus.org", "absent.tmall.com", "4.3.2.10.in-addr.arpa", "host.example")
    zones = ("zen.spamhaus.org", "org", "tmall.com", "10.in-addr.arpa", "example", "")
    primaries = ("a.gns.spamhaus.org", "a.root-servers.net", "localhost", "ns.invalid", "ns.lab.example", "")
    soas = (None, *(Soa(zone, primary, "", 60, 60) for zone in zones for primary in primaries))
    errors = ((), (ExtendedError(15, "blocked"),), (ExtendedError(3),))
    flags = (False, True)
    denials = [
        Answer(
            Question(name, RecordType.A),
            status,
            authenticated=ad,
            provenance=Provenance("192.0.2.53", aa, ra, soa, "", error),
        )
        for name, status, soa, aa, ra, ad, error in itertools.product(
            names, (Status.NXDOMAIN, Status.NODATA), soas, flags, flags, flags, errors
        )
    ]
    after = redacted(*(ev.DnsAnswered(at, denial) for at, denial in enumerate(denials)))
    for before, event in zip(denials, after, strict=True):
        assert isinstance(event, ev.DnsAnswered)
        assert (event.answer.doubt is None) == (before.doubt is None), before
    assert {denial.doubt is None for denial in denials} == {True, False}


def test_a_bounce_that_was_redacted_is_not_taken_for_no_bounce() -> None:
    """Without a dialogue DNS in order is accepted, but not where a bounce says that the mail came back."""
    shared = redact(Recording.of([START, ev.BounceGiven(1, "returned.eml", b"Subject: Undelivered\n\n")]))
    assert tells_of_failure(facts_of(shared))
    assert not tells_of_failure(facts_of(Recording.of([START])))
