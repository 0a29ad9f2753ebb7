"""The leaves of facts for tests, each healthy by default; keywords replace fields."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, ip_address
from typing import Any

from probe.facts.session import Exchange, Session, TlsFacts
from probe.knowledge.providers import Provider
from probe.model.address import IPAddress, Mailbox
from probe.model.listing import CodeKind, ListingRole, ListingStatus
from probe.model.observed import SessionReason
from probe.model.reason import Reason
from probe.model.reply import EnhancedStatus, Reply, Stage
from probe.model.session import EndReason, Experiment
from probe.model.signing import KeyOrigin, SignatureVerdict
from probe.model.spf import SpfStepOutcome
from probe.reading.message.results import MessageFacts, SignatureResult
from probe.standards.dkim.results import KeyResult, KeyStatus
from probe.standards.dmarc.results import DmarcRecord, DmarcResult
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status
from probe.standards.dns.results import HeloResult, MxHost, MxResult, PtrResult, PtrStatus, RouteKind
from probe.standards.dnsbl.results import Listing, ListingCode
from probe.standards.mta_sts.results import StsMode, StsPolicy, StsResult, StsStatus
from probe.standards.smtp.results import Deviation, Extensions
from probe.standards.spf.results import SpfIdentity, SpfResult, SpfStep, SpfVerdict
from probe.standards.tls.results import Certificate, DaneResult, DaneStatus

SOURCE = ip_address("8.8.4.10")  # global: documentation ranges count as private in ipaddress
MX_IP = ip_address("9.9.9.16")
SENDER = Mailbox("bob", "sender.example", "sender.example")
RECIPIENT = Mailbox("alice", "recipient.example", "recipient.example")
MX_NAME = "mx1.recipient.example"


def answer(name: str, rtype: RecordType, *records: Record, status: Status = Status.ANSWER) -> Answer:
    """An answer; NODATA and failures carry no records."""
    return Answer(Question(name, rtype), status, records)


def mx_host(host: str = MX_NAME, *ips: IPAddress, preference: int = 10, **changes: Any) -> MxHost:
    """A mail exchanger with addresses (one by default)."""
    addresses = ips or (MX_IP,)
    v4 = tuple(ip for ip in addresses if isinstance(ip, IPv4Address))
    result = MxHost(preference, host, addresses, (answer(host, RecordType.A, *v4),))
    return replace(result, **changes)


def mx_result(
    kind: RouteKind = RouteKind.MX, *hosts: MxHost, domain: str = RECIPIENT.domain, **changes: Any
) -> MxResult:
    """How mail for a domain is routed."""
    used = hosts or ((mx_host(),) if kind in (RouteKind.MX, RouteKind.IMPLICIT_MX) else ())
    records = tuple(Mx(host.preference, host.host) for host in used)
    result = MxResult(domain, kind, used, (answer(domain, RecordType.MX, *records),))
    return replace(result, **changes)


def reply(code: int, *lines: str) -> Reply:
    """A reply; the enhanced status is read from the first line."""
    first = lines[0].split(" ", 1)[0] if lines else ""
    return Reply(code, EnhancedStatus.parse(first), lines)


def exchange(
    stage: Stage,
    text: Reply | None,
    sent: str = "",
    *,
    session: int = 1,
    elapsed_ms: int = 20,
    deviations: tuple[Deviation, ...] = (),
) -> Exchange:
    """One command and its reply."""
    return Exchange(stage, sent, text, elapsed_ms, deviations, f"session:{session}:{stage}")


def extensions(*keywords: tuple[str, str], size_limit: int | None = 35_882_577) -> Extensions:
    """An EHLO response."""
    output = keywords or (("PIPELINING", ""), ("SIZE", "35882577"), ("STARTTLS", ""), ("SMTPUTF8", ""))
    return Extensions(MX_NAME, output, size_limit)


def certificate(**changes: Any) -> Certificate:
    """A valid certificate of the mail exchanger."""
    result = Certificate(
        subject=f"CN={MX_NAME}",
        issuer="CN=Example CA",
        names=(MX_NAME,),
        not_before="2026-01-01T00:00:00Z",
        not_after="2027-01-01T00:00:00Z",
        key="RSA 2048",
        sha256="ab" * 32,
    )
    return replace(result, **changes)


def tls(**changes: Any) -> TlsFacts:
    """A good STARTTLS."""
    result = TlsFacts(
        offered=True,
        established=True,
        version="TLSv1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        certificate=certificate(),
        trusted=True,
        name_matches=True,
    )
    return replace(result, **changes)


def exchanges(
    rcpt: Reply | None = None, *, session: int = 1, to: str = str(RECIPIENT)
) -> tuple[Exchange, ...]:
    """A dialogue from greeting to RCPT; accepted by default."""
    text = rcpt or reply(250, "2.1.5 Ok")
    return (
        exchange(Stage.GREETING, reply(220, f"{MX_NAME} ESMTP"), session=session),
        exchange(Stage.EHLO, reply(250, MX_NAME, "STARTTLS"), "EHLO mail.sender.example", session=session),
        exchange(Stage.STARTTLS, reply(220, "2.0.0 Ready"), "STARTTLS", session=session),
        exchange(Stage.MAIL, reply(250, "2.1.0 Ok"), f"MAIL FROM:<{SENDER}>", session=session),
        exchange(Stage.RCPT, text, f"RCPT TO:<{to}>", session=session),
    )


def session(number: int = 1, **changes: Any) -> Session:
    """A session that ended with QUIT after RCPT was accepted."""
    result = Session(
        number=number,
        mx_host=MX_NAME,
        ip=MX_IP,
        port=25,
        experiment=Experiment.TARGET,
        reason=Reason(SessionReason.PLANNED),
        local_ip=SOURCE,
        connected=True,
        exchanges=exchanges(session=number),
        plain_extensions=extensions(),
        extensions=extensions(),
        tls=tls(),
        end=EndReason.QUIT,
        cause=None,
        elapsed_ms=200,
    )
    return replace(result, **changes)


def failed_session(end: EndReason, number: int = 1, **changes: Any) -> Session:
    """A session that got no connection."""
    bare: dict[str, Any] = {
        "connected": False,
        "local_ip": None,
        "exchanges": (),
        "plain_extensions": None,
        "extensions": None,
        "tls": None,
        "end": end,
    }
    return session(number, **(bare | changes))


def spf(verdict: SpfVerdict = SpfVerdict.PASS, **changes: Any) -> SpfResult:
    """check_host of the reverse-path's domain."""
    result = SpfResult(
        ip=SOURCE,
        domain=SENDER.domain,
        identity=SpfIdentity.MAIL_FROM,
        verdict=verdict,
        record=f"v=spf1 ip4:{SOURCE} -all",
        matched=f"ip4:{SOURCE}" if verdict is SpfVerdict.PASS else "-all",
        lookups=0,
        void_lookups=0,
        trace=(SpfStep(SENDER.domain, 0, f"ip4:{SOURCE}", SpfStepOutcome.MATCH),),
        evidence=(f"dns:TXT:{SENDER.domain}",),
    )
    return replace(result, **changes)


def key(selector: str = "s1", status: KeyStatus = KeyStatus.VALID, **changes: Any) -> KeyResult:
    """A DKIM key record."""
    result = KeyResult(
        selector=selector,
        domain=SENDER.domain,
        origin=KeyOrigin.GIVEN,
        status=status,
        key_type="rsa" if status is KeyStatus.VALID else None,
        key_bits=2048 if status is KeyStatus.VALID else None,
        evidence=f"dns:TXT:{selector}._domainkey.{SENDER.domain}",
    )
    return replace(result, **changes)


def dmarc_record(policy: str = "reject", **changes: Any) -> DmarcRecord:
    """A DMARC record of the sender domain."""
    result = DmarcRecord(
        domain=SENDER.domain,
        text=f"v=DMARC1; p={policy}; rua=mailto:dmarc@{SENDER.domain}",
        policy=policy,
        subdomain_policy=None,
        nonexistent_policy=None,
        adkim="r",
        aspf="r",
        testing=False,
        psd="u",
        tags=(("v", "DMARC1"), ("p", policy), ("rua", f"mailto:dmarc@{SENDER.domain}")),
    )
    return replace(result, **changes)


def dmarc(policy: str | None = "reject", **changes: Any) -> DmarcResult:
    """DMARC discovery for the sender domain; None: no record."""
    result = DmarcResult(
        author_domain=SENDER.domain,
        record=dmarc_record(policy) if policy else None,
        applied_policy=policy,
        organizational_domain=SENDER.domain,
        rfc7489_record_domain=SENDER.domain if policy else None,
        rfc7489_organizational_domain=SENDER.domain,
        evidence=(f"dns:TXT:_dmarc.{SENDER.domain}",),
    )
    return replace(result, **changes)


def ptr(status: PtrStatus = PtrStatus.CONFIRMED, **changes: Any) -> PtrResult:
    """Reverse DNS of the source address."""
    name = "mail.sender.example"
    result = PtrResult(
        ip=SOURCE,
        status=status,
        names=() if status is PtrStatus.MISSING else (name,),
        confirmed=(name,) if status is PtrStatus.CONFIRMED else (),
        answers=(answer("10.4.8.8.in-addr.arpa", RecordType.PTR, name),),
    )
    return replace(result, **changes)


def helo(**changes: Any) -> HeloResult:
    """A good EHLO name."""
    name = "mail.sender.example"
    result = HeloResult(
        name=name,
        is_fqdn=True,
        is_literal=False,
        resolves=True,
        matches_source=True,
        equals_ptr=True,
        addresses=(SOURCE,),
        answers=(answer(name, RecordType.A, SOURCE),),
    )
    return replace(result, **changes)


def listing(status: ListingStatus = ListingStatus.NOT_LISTED, **changes: Any) -> Listing:
    """The source address on one list."""
    listed = status is ListingStatus.LISTED
    result = Listing(
        list_id="example-list",
        title="Example List",
        zone="bl.example",
        subject=str(SOURCE),
        role=ListingRole.SOURCE,
        query="10.4.8.8.bl.example",
        status=status,
        codes=(ListingCode("127.0.0.2", "spam source", CodeKind.REPUTATION, 8),) if listed else (),
        weight=8 if listed else 0,
        delist_url="https://bl.example/remove" if listed else "",
        evidence=("dns:A:10.4.8.8.bl.example",),
    )
    return replace(result, **changes)


SIGNED = ("from", "to", "subject", "list-unsubscribe", "list-unsubscribe-post")


def message(**changes: Any) -> MessageFacts:
    """A message with nothing wrong."""
    result = MessageFacts(
        size=12_000,
        subject="Minutes of Tuesday",
        from_mailboxes=(str(SENDER),),
        from_domains=(SENDER.domain,),
        has_date=True,
        has_message_id=True,
        has_text_part=True,
        has_html_part=True,
        attachments=("minutes.pdf",),
        links=(),
        list_unsubscribe=False,
        one_click=False,
        bulk=False,
        longest_line=78,
        has_bare_newlines=False,
        has_8bit_headers=False,
        signatures=(SignatureResult(SENDER.domain, "s1", SignatureVerdict.PASS, signed=SIGNED),),
    )
    return replace(result, **changes)


def provider(**changes: Any) -> Provider:
    """A provider without requirements of its own."""
    result = Provider(
        id="example",
        title="Example Mail",
        kind="mailbox",
        mx_suffixes=(".recipient.example",),
        domains=(RECIPIENT.domain,),
        rcpt_value="high",
        refuses_null_sender=False,
        country="",
        desk=("Example Postmaster Tools", "https://postmaster.recipient.example/"),
        notes="",
        source="made for tests",
    )
    return replace(result, **changes)


def sts(status: StsStatus = StsStatus.VALID, mode: str = "enforce", **changes: Any) -> StsResult:
    """MTA-STS of the recipient domain."""
    valid = status is StsStatus.VALID
    result = StsResult(
        domain=RECIPIENT.domain,
        status=status,
        policy_id="20260101" if valid else None,
        policy=StsPolicy(StsMode(mode), ("*.recipient.example",), 604_800) if valid else None,
        evidence=(f"dns:TXT:_mta-sts.{RECIPIENT.domain}",),
    )
    return replace(result, **changes)


def dane(status: DaneStatus = DaneStatus.MATCHED, host: str = MX_NAME, **changes: Any) -> DaneResult:
    """DANE of one mail exchanger."""
    result = DaneResult(host, status, ("3 1 1 ab..",), evidence=(f"dns:TLSA:_25._tcp.{host}",))
    return replace(result, **changes)
