"""Recordings for tests: one that holds every kind of event, and a strategy for single events."""

from __future__ import annotations

import typing
from ipaddress import IPv4Address, ip_address
from typing import Any, TypeVar

from hypothesis import strategies as st

from probe.model.address import Mailbox
from probe.model.dialable import AddressKind, NotPublic
from probe.model.exhaustion import Shortage
from probe.model.local_tool import ToolReason, ToolWhy
from probe.model.logged import LogAccount, LogFate, LoggedDelivery, LoggedVolume
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.observed import (
    EndCause,
    Gap,
    HandshakeFault,
    HeloReason,
    OpinionSubject,
    Part,
    SessionReason,
)
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.sender_mta import (
    AddressFact,
    FallbackBy,
    Families,
    Hop,
    HopKind,
    MtaSoftware,
    NumberFact,
    Route,
    SenderMta,
    TextFact,
    TlsLevel,
    TlsPolicy,
)
from probe.model.session import EndReason, Experiment, Stop
from probe.model.target import Endpoint, Options, PairTarget
from probe.model.trust import Trust
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.recording.limits import RANGES
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status, Tlsa, Txt
from probe.standards.dns.provenance import ExtendedError, Soa
from tests.support.reasons import other

_Kind = TypeVar("_Kind")

MX_IP = ip_address("47.246.137.48")
STARTED_AT = "2026-11-21T08:00:00+00:00"
OPENED = Reason(
    SessionReason.NOT_CONNECTED, host="mx2.tmall.com", ip=ip_address("47.246.137.49"), end=EndReason.TIMEOUT
)
SENDER = Mailbox("Bob.Smith", "mail.sender.co.uk", "mail.sender.co.uk")
RECIPIENT = Mailbox("alice", "tmall.com", "tmall.com")


def dns(name: str, rtype: RecordType, *records: Record, aliases: tuple[str, ...] = ()) -> ev.DnsAnswered:
    """An answer, or NXDOMAIN when there are no records."""
    status = Status.ANSWER if records else Status.NXDOMAIN
    return ev.DnsAnswered(3, Answer(Question(name, rtype), status, records, aliases))


def txt(name: str, *texts: bytes) -> ev.DnsAnswered:
    """A TXT answer, one record a text."""
    return dns(name, RecordType.TXT, *(Txt((text,)) for text in texts))


COMPLAINT = ToolWhy(ToolReason.COMPLAINT, text="as relay.sender.co.uk says")
SENDING_SERVER = SenderMta(
    software=MtaSoftware.POSTFIX,
    version="3.7.11",
    config="/etc/postfix-tmall",
    helo=TextFact("out.sender.co.uk", "postconf smtp_helo_name"),
    source_v4=AddressFact(ip_address("81.2.3.4"), "postconf -P brand.vendor.io/unix/smtp_bind_address"),
    source_v6=AddressFact(
        None, "postconf smtp_bind_address6", MtaWhy(MtaReason.NOT_LOOKED_UP, "out.sender.co.uk")
    ),
    families=Families((4,), None, "postconf inet_protocols"),
    route=Route(
        HopKind.UNKNOWN,
        "smtp",
        "postconf relayhost",
        (Hop("relay.sender.co.uk", 587, False, (ip_address("81.2.3.5"),)),),
        authenticates=True,
        reason=MtaWhy(MtaReason.TABLE_UNREADABLE, "hash:/x", failure=COMPLAINT),
        fallback=(Hop("spare.sender.co.uk", 25, True),),
        fallback_by=FallbackBy.POSTFIX,
        fallback_tls=(TlsPolicy(TlsLevel.VERIFY, "postconf x", ("spare.sender.co.uk",), roots="/tmall.pem"),),
    ),
    tls=TlsPolicy(TlsLevel.SECURE, "postconf smtp_tls_policy_maps", ("relay.sender.co.uk",)),
    size_limit=NumberFact(10240000, "postconf message_size_limit"),
    instances=("/etc/postfix-sender.co.uk",),
    content_filter=TextFact(
        "scan:[relay.sender.co.uk]:10024", "postconf -P 81.2.3.4:smtp/inet/content_filter"
    ),
    reply_filter=TextFact(
        "pcre:/etc/postfix-tmall/replies", "postconf -P out.sender.co.uk/unix/smtp_reply_filter"
    ),
    status_filter=TextFact("pcre:/etc/postfix-tmall/status", "postconf smtp_delivery_status_filter"),
)

LOGGED = LogAccount(
    names=("alice.log",),
    first_at="2026-11-28T00:00:00Z",
    last_at="2026-11-28T20:25:15Z",
    delivery=LoggedDelivery(
        status=LogFate.DEFERRED,
        at="2026-11-28T20:25:15Z",
        attempts=3,
        queue_id="4B2A91",
        reverse_path="Bob.Smith@mail.sender.co.uk",
        recipient="alice@tmall.com",
        relay_host="mx1.tmall.com",
        relay_ip="47.246.137.48",
        source_ip=ip_address("81.2.3.4"),
        words="451 4.7.1 <alice@tmall.com>: try again, 81.2.3.4",
        is_remote=True,
        stage=Stage.RCPT,
        file="alice.log",
        line=7,
    ),
    others=1,
    volume=LoggedVolume("tmall.com", "tmall.com", 7, 1, 2, 1, 0, 5, 9, 4, "2026-11-28T20:25:00Z"),
)


def full_events() -> list[ev.Event]:
    """A run with every kind of event, in which each identity occurs in many guises."""
    a, mx = RecordType.A, RecordType.MX
    options = Options(
        ip=ip_address("81.2.3.4"),
        helo="out.sender.co.uk",
        header_from=Mailbox("news", "brand.sender.co.uk", "brand.sender.co.uk"),
        nameservers=(Endpoint("9.9.9.9", 53), Endpoint("127.0.0.53", 53)),
        dnsbl=("zen.spamhaus.org", "bl.sender.co.uk", "k3y.zen.dq.spamhaus.net"),
    )
    spf = b"v=spf1 ip4:81.2.3.0/24 ip4:9.8.7.0/24 include:_spf.google.com exists:%{i}._x.sender.co.uk ~all"
    refusal = (
        b"550-5.7.1 [81.2.3.4] denied.Please see https://www.spamhaus.org/query/ip/81.2.3.4\r\n"
        b"550 5.1.1 user alice unknown (ip-81-2-3-4, 2a01:7e00::1) to=alice@TMALL.com at bobs-laptop\r\n"
    )
    return [
        ev.Started(ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(SENDER, RECIPIENT), options),
        ev.Vantage(
            1, ip_address("10.1.2.3"), "bobs-laptop", "out.sender.co.uk", other(HeloReason, "PTR of 81.2.3.4")
        ),
        dns("tmall.com", mx, Mx(10, "mx1.tmall.com"), Mx(30, "aspmx.l.google.com")),
        dns("mx1.tmall.com", a, ip_address("47.246.137.48")),
        txt("mail.sender.co.uk", spf, b"google-site-verification=abc"),
        dns("4.3.2.81.in-addr.arpa", RecordType.PTR, "out.sender.co.uk"),
        dns("out.sender.co.uk", a, ip_address("81.2.3.4")),
        dns("4.3.2.81.zen.spamhaus.org", a, ip_address("127.0.0.2")),
        dns("2.0.0.127.zen.spamhaus.org", a, ip_address("127.0.0.2")),
        dns("4.3.2.81.bl.sender.co.uk", a),
        dns("4.3.2.81.k3y.zen.dq.spamhaus.net", a),
        dns("sender.co.uk.dbl.spamhaus.org", a),
        dns("test.dbl.spamhaus.org", a, ip_address("127.0.1.2")),
        dns("81.2.3.4._x.sender.co.uk", a),
        dns("_dmarc.mail.sender.co.uk", RecordType.TXT),
        txt("_dmarc.sender.co.uk", b"v=DMARC1; p=none; rua=mailto:dm@sender.co.uk,mailto:x@rep.vendor.io"),
        dns(
            "s1._domainkey.sender.co.uk",
            RecordType.TXT,
            Txt((b"v=DKIM1; p=AA", b"BB")),
            aliases=("s1.vendor.io",),
        ),
        dns("_25._tcp.mx1.tmall.com", RecordType.TLSA, Tlsa(3, 1, 1, b"12345678")),
        ev.SessionOpened(5, 1, "mx1.tmall.com", ip_address("47.246.137.48"), 25, Experiment.TARGET, OPENED),
        ev.Connected(6, 1, ip_address("10.1.2.3")),
        ev.Received(7, 1, b"220 mx1.tma"),
        ev.Received(8, 1, b"ll.com ESMTP\r\n"),
        ev.Sent(9, 1, b"EHLO out.sender.co.uk\r\n"),
        ev.TlsEstablished(
            10, 1, "TLSv1.3", "TLS_AES_256_GCM_SHA384", (b"\x30\x82\xff",), other(Trust, "for mx1.tmall.com")
        ),
        ev.Sent(11, 1, b"MAIL FROM:<Bob.Smith@mail.sender.co.uk>\r\n"),
        ev.Sent(11, 1, b"RCPT TO:<alice@tmall.com>\r\n"),
        ev.Received(12, 1, refusal),
        ev.SessionClosed(13, 1, EndReason.QUIT, Reason(EndCause.STOP, stop=Stop.MAIL_REFUSED)),
        ev.TlsFailed(13, 2, Reason(HandshakeFault.LIBRARY, text="mx1.tmall.com: handshake failure")),
        ev.HttpsFetched(
            14, "https://mta-sts.tmall.com/x", 200, "text/plain", b"mx: *.tmall.com\nmode: none\n"
        ),
        ev.OpinionGiven(
            15, OpinionSubject.SPF, "mail.sender.co.uk", "checkdmarc", ("sender.co.uk: bad",), ()
        ),
        ev.MessageGiven(16, "alice.eml", b"From: Bob.Smith@mail.sender.co.uk\r\n\r\nhi\xff\r\n"),
        ev.BounceGiven(16, "bounce.eml", b"Subject: failure notice\r\n\r\n<alice@tmall.com>:\xff\r\n"),
        ev.LogGiven(16, LOGGED),
        ev.NameServerSilent(17, Endpoint("9.9.9.9", 53), Status.TIMEOUT),
        ev.NotReached(17, Part.SESSION, Reason(Gap.DEADLINE, host="mx1.tmall.com", ip=MX_IP)),
        ev.SenderMtaRead(15, SENDING_SERVER),
        ev.Finished(20),
    ]


def full_recording() -> Recording:
    """The same as a recording."""
    return Recording.of(full_events())


def any_event() -> st.SearchStrategy[ev.Event]:
    """Every kind of event with any content that a run can have recorded."""
    timeout = st.floats(0, exclude_min=True, allow_nan=False, allow_infinity=False)
    started = _within_limits(
        ev.Started,
        version=st.just(ev.FORMAT_VERSION),
        started_at=st.just(STARTED_AT),
        options=_within_limits(Options, timeout=timeout, port=st.integers(1, 65535)),
    )
    log_facts = _within_limits(
        LogAccount,
        delivery=st.none() | _within_limits(LoggedDelivery),
        volume=st.none() | _within_limits(LoggedVolume),
    )
    log = _within_limits(ev.LogGiven, log_facts=log_facts)
    others = [type(event) for event in full_events() if not isinstance(event, ev.Started | ev.LogGiven)]
    return st.one_of(started, log, *(_within_limits(kind) for kind in dict.fromkeys(others)))


def _within_limits(kind: type[_Kind], **argument: st.SearchStrategy[Any]) -> st.SearchStrategy[_Kind]:
    """A dataclass whose whole numbers keep to the limits of recordings."""
    numbers: dict[str, st.SearchStrategy[Any]] = {}
    for name, hint in typing.get_type_hints(kind).items():
        if hint is int and name in RANGES:
            numbers[name] = st.integers(*RANGES[name])
        elif hint == (int | None) and name in RANGES:
            numbers[name] = st.none() | st.integers(*RANGES[name])
    for name in {"families", "usable"} & set(typing.get_type_hints(kind)):
        numbers[name] = st.lists(st.sampled_from((4, 6)), min_size=1).map(tuple)
    return st.builds(kind, **(numbers | argument))


def _reason(hint: Any) -> st.SearchStrategy[Reason[Any]]:
    """A reason of the vocabulary, with every value that its tag may go with."""
    (vocabulary,) = typing.get_args(hint)
    counted = st.integers(0, 10**18)
    return st.builds(
        Reason,
        st.sampled_from(vocabulary),
        ip=st.ip_addresses(),
        address=st.sampled_from(_NOT_PUBLIC),
        seconds=st.floats(0, 1e9),
        most=counted,
        more=counted,
        line=st.none() | counted,
        stop=st.sampled_from(Stop),
        end=st.sampled_from(EndReason),
        trust=st.none() | st.sampled_from(Trust),
        shortage=st.sampled_from(Shortage),
        host=st.text(max_size=80),
        error=st.text(max_size=80),
        where=st.text(max_size=80),
        text=st.text(max_size=80),
    )


_NOT_PUBLIC = (
    NotPublic(AddressKind.LOOPBACK),
    NotPublic(AddressKind.NAT64, IPv4Address("10.0.0.1"), AddressKind.PRIVATE),
)
st.register_type_strategy(Reason, _reason)
for _part in (Soa, ExtendedError, Answer, Mx, Tlsa, Endpoint, Families):
    st.register_type_strategy(_part, _within_limits(_part))
