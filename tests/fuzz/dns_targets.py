"""What a zone says: the wire, names, SPF, DKIM, DMARC, MTA-STS, TLS reporting, certificates."""
# ruff: noqa: E501

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address

import certifi
import dns.message
import dns.rcode
import dns.rrset

from probe.model.text import decode, printable
from probe.net.dns_query import make_query
from probe.net.dns_wire import Reply, is_reply_to, read_reply
from probe.net.tls import HandshakeResult, trust_of
from probe.reading.message.signatures import signing_selectors, verify_signatures
from probe.recording import events as ev
from probe.recording.codec import decode as decode_event
from probe.recording.codec import encode as encode_event
from probe.standards.dkim.key import looks_like_key, parse_key
from probe.standards.dkim.results import KeyStatus
from probe.standards.dkim.tag_list import parse_tag_list
from probe.standards.dmarc.discovery import applied_policy
from probe.standards.dmarc.record import InvalidRecord, is_dmarc_record, parse_record
from probe.standards.dns import names
from probe.standards.dns.message import Answer, Mx, Question, RecordType, Status, Tlsa, Txt, run
from probe.standards.mta_sts.policy import is_policy_media_type, parse_policy
from probe.standards.mta_sts.record import read_record, record_question
from probe.standards.mta_sts.results import StsStatus
from probe.standards.mta_sts.tls_rpt import judge_tls_rpt, tls_rpt_question
from probe.standards.spf.check_host import check_host
from probe.standards.spf.record import RecordError, is_spf, parse
from probe.standards.spf.results import SpfVerdict
from probe.standards.tls.certificate import name_matches, problems, read_certificate
from probe.standards.tls.dane import match_tlsa
from probe.standards.tls.required import CertificateDemand, why_unverified
from probe.standards.tls.results import DaneStatus
from probe.wording.spoken import clauses, spoken
from tests.fuzz.target import Target, fixtures, quiet
from tests.support.reasons import TRUSTED

SPF = (
    b"v=spf1 -all",
    b"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx:mail.example.com/28//64 ptr ~all",
    b"v=spf1 include:_spf.example.com exists:%{ir}.%{l1r-}._spf.%{d2} redirect=_spf.%{o}",
    b"v=spf1 a:%{d}/24 ?exists:%{i}._x.%{h} exp=explain.%{d} unknown=%{v}.x -all",
    b"v=spf1 +a//0 -mx/0 ip4:256.0.0.1 all:x ip6:fe80::1%eth0 ptr:",
    b"V=SPF1  a  a  a  include:a.example include:b.example",
)
SPF_WORDS = (
    b"v=spf1 ", b" ip4:", b" ip6:", b" a:", b" mx", b" include:", b" exists:", b" redirect=", b" exp=", b"%{", b"}",
    b"%{d}", b"%{p}", b"%{ir}", b"%{l1r+-}", b"//64", b"/24", b" -all", b" ptr", b"%%", b"%_", b".example.com",
)  # fmt: skip
KEYS = (
    b"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxO"
    b"CKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQ"
    b"PNUYckcQ2QIDAQAB",
    b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    b"p=; t=y:s; h=sha1:sha256; s=email; n=note",
    b" v = DKIM1 ;p=AA\tBB;;x;=y;p=C",
)
DMARC = (
    b"v=DMARC1; p=none; rua=mailto:d@example.com",
    b"V = DMARC1;p=reject;sp=quarantine;np=reject;adkim=s;aspf=r;pct=50;t=y;psd=u;fo=1:d:s;ruf=mailto:a@b!10m",
    b"v=DMARC1; p=bogus; rua=https://x.example, mailto:y@z!9k",
    b"v=DMARC1; psd=y",
)
TAG_WORDS = (
    b"; p=", b"; v=", b"v=DKIM1", b"v=DMARC1", b"; k=rsa", b"; k=ed25519", b"; h=sha256", b"; s=*", b"; t=y:s", b"MII",
    b"; rua=mailto:", b"; sp=none", b"; np=", b"; adkim=s", b"reject", b"quarantine", b";", b"=", b"!10m", b"; psd=y",
)  # fmt: skip
STS = (
    b"\0v=STSv1; id=20260101T000000;",
    b"\0v=STSv1;id=a;id=b; x=y",
    b"\1v=TLSRPTv1; rua=mailto:t@example.com,https://r.example/x",
    b"\1v=TLSRPTv1;rua=ftp://x,",
    b"\2version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n",
    b"\2version: STSv1\nmode: none\nmax_age: 0\n\nmode: testing\n",
)
STS_WORDS = (
    b"version: STSv1\n", b"mode: ", b"enforce", b"testing", b"mx: ", b"*.", b"max_age: ", b"\r\n", b"; id=", b"; rua=",
    b"v=STSv1;", b"v=TLSRPTv1;", b"mailto:", b"https://", b"text/plain",
)  # fmt: skip
_TYPES = tuple(RecordType)
_CLIENT = ip_address("192.0.2.77")


def spf(data: bytes) -> None:
    """A record is read or a term named; each term means the same alone; an evaluation is bounded."""
    record = data if is_spf(data) else b"v=spf1 " + data
    try:
        parsed = parse(record)
    except RecordError as error:
        quiet(printable(spoken(error.of("example.com"))))
    else:
        for mechanism in parsed.mechanisms:
            assert parse(b"v=spf1 " + mechanism.text.encode()).mechanisms == (mechanism,)
        for modifier in (parsed.redirect, parsed.explanation):
            assert modifier is None or modifier.text in parsed.text.split(" ")
    questions: list[Question] = []

    def lookup(question: Question) -> Answer:
        questions.append(question)
        names.to_labels(question.name)
        if question.rtype is RecordType.TXT:
            return Answer(question, Status.ANSWER, (Txt((record,)),))
        if question.rtype is RecordType.MX:
            return Answer(question, Status.ANSWER, tuple(Mx(n, f"m{n}.example") for n in range(12)))
        if question.rtype is RecordType.PTR:
            return Answer(question, Status.ANSWER, tuple(f"h{n}.example.com" for n in range(12)))
        return Answer(question, Status.NXDOMAIN)

    result = run(check_host(_CLIENT, "example.com", "user", "example.com", "mail.example.com"), lookup)
    assert result.verdict in SpfVerdict and result.lookups <= 11 and len(questions) <= 150
    quiet(printable(f"{spoken(result.why)} {result.explanation} {result.matched}"))


def dkim_key(data: bytes) -> None:
    """Every record comes to a status; only a key that can verify has no reason against it."""
    key = parse_key(data)
    assert key.status in KeyStatus
    assert key.status is not KeyStatus.VALID or (key.key_bits is not None and key.key_bits >= 256)
    assert key.status in {KeyStatus.VALID, KeyStatus.REVOKED} or key.problems
    looks_like_key(data)
    quiet(printable(" ".join(clauses(key.problems))))
    for prefix in (b"p=", b"v=DKIM1; p="):
        parse_key(prefix + base64.b64encode(data))
    _tag_list(data)


def _tag_list(data: bytes) -> None:
    tags = parse_tag_list(decode(data))
    again = parse_tag_list(";".join(f"{name}={value}" for name, value in tags.tags))
    assert again.tags == tags.tags and not again.problems


def dkim_signature(data: bytes) -> None:
    """No signature that was not made with a private key verifies, and none stops the others."""

    def lookup(question: Question) -> Answer:
        return Answer(question, Status.ANSWER, (Txt((KEYS[data[0] % len(KEYS) if data else 0],)),))

    for result in run(verify_signatures(data[1:]), lookup):
        assert result.verdict == "fail" and result.problem
        quiet(printable(f"{spoken(result.problem)} {result.domain} {result.selector}"))
    for selector in signing_selectors(data[1:]):
        names.to_labels(selector)


def _signed() -> Iterable[bytes]:
    head = b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.com; s=s1;\r\n h=from:to:subject;"
    body = b"\r\nFrom: a@example.com\r\nTo: b@example.net\r\nSubject: hi\r\n\r\nHello\r\n"
    yield b"\0" + head + b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA" + body
    yield (
        b"\1" + head.replace(b"rsa-", b"ed25519-") + b" l=3; x=1; t=0; i=@example.com; bh=AA==; b=A A" + body
    )
    yield b"\2" + head + head + b" bh=; b=" + body.replace(b"\r\n", b"\n")


def dmarc(data: bytes) -> None:
    """A record's tags read back, and its policy is one of three."""
    is_dmarc_record(data)
    _tag_list(data)
    for record in (data, b"v=DMARC1; p=none; " + data):
        result = parse_record(record, "example.com")
        if isinstance(result, InvalidRecord):
            assert spoken(result.problem) and result.psd in {"y", "n", "u"}
            continue
        assert result.policy in {"none", "quarantine", "reject"} and result.adkim in {"r", "s"}
        quiet(printable(" ".join(clauses(result.problems))))
        for exists in (True, False, None):
            for domain in ("example.com", "a.example.com"):
                assert applied_policy(result, domain, exists) in {"none", "quarantine", "reject", None}


def mta_sts(data: bytes) -> None:
    """The policy record, the policy itself and the reporting record: a result with its reason."""
    form, text = (data[0] % 4, data[1:]) if data else (0, b"")
    if form == 0:
        question = record_question("example.com")
        record = read_record(Answer(question, Status.ANSWER, (Txt((text,)), Txt((b"v=spf1",)))))
        assert (record.policy_id is not None) == (record.status is StsStatus.VALID)
        assert record.status is not StsStatus.UNUSABLE or record.problems
    elif form == 1:
        question = tls_rpt_question("example.com")
        result = judge_tls_rpt("example.com", Answer(question, Status.ANSWER, (Txt((text,)),)))
        assert bool(result.rua) == (result.status is StsStatus.VALID)
        quiet(printable(" ".join(clauses(result.problems))))
    elif form == 2:
        policy, why = parse_policy(text)
        assert (policy is None) == bool(why)
        assert policy is None or policy.mode in {"enforce", "testing", "none"}
        assert policy is None or 0 <= policy.max_age <= 31557600
        quiet(printable(" ".join(clauses(why))))
    else:
        is_policy_media_type(decode(text))


def dns_wire(data: bytes) -> None:
    """Any datagram under the right id: a reply that can be recorded, whose names can be asked again."""
    rtype = _TYPES[data[0] % len(_TYPES)] if data else RecordType.A
    question = Question("mail.example.com", rtype)
    query = make_query(question, 0x1234, edns=True)
    for wire in (b"\x12\x34" + data[1:], data[1:]):
        if not is_reply_to(query, wire):
            continue
        reply = read_reply(query, wire)
        if reply is not None:
            _recordable(question, reply)


def _recordable(question: Question, reply: Reply) -> None:
    result = reply.records, reply.aliases, reply.ttl, reply.authenticated, reply.why
    answer = Answer(question, reply.status, *result)
    event = ev.DnsAnswered(1, answer)
    assert decode_event(encode_event(event)) == event
    quiet(printable(spoken(reply.why)))
    for name in (*reply.aliases, *answer.names(), *(mx.exchange for mx in answer.mxs())):
        assert names.from_labels(names.to_labels(name)) == name
    assert (reply.status is Status.ANSWER) == bool(reply.records)


def _wires() -> Iterable[bytes]:
    texts = {
        RecordType.A: ["A 192.0.2.1"],
        RecordType.AAAA: ["AAAA 2001:db8::1"],
        RecordType.MX: ["MX 10 mx.example.com.", "MX 0 ."],
        RecordType.TXT: [r'TXT "v=spf1 -all" "x\255\000"'],
        RecordType.CNAME: ["CNAME other.example.com."],
        RecordType.PTR: [r"PTR a\.b.example."],
        RecordType.NS: ["NS ns.example."],
        RecordType.SOA: ["SOA a. b. 1 2 3 4 5"],
        RecordType.TLSA: ["TLSA 3 1 0 00ff"],
    }
    for index, rtype in enumerate(_TYPES):
        query = dns.message.make_query("mail.example.com.", rtype.value, use_edns=0, id=0x1234)
        response = dns.message.make_response(query, recursion_available=True)
        alias = dns.rrset.from_text("mail.example.com.", 300, "IN", "CNAME", "x.example.com.")
        for owner, extra in (("mail.example.com.", []), ("x.example.com.", [alias])):
            rows = [dns.rrset.from_text(owner, 60, "IN", *text.split(" ", 1)) for text in texts[rtype]]
            response.answer = [*extra, *rows]
            yield bytes([index]) + response.to_wire()[2:]
        for rcode in (1, 2, 3, 5):
            refusal = dns.message.make_response(query)
            refusal.set_rcode(dns.rcode.Rcode(rcode))
            yield bytes([index]) + refusal.to_wire()[2:]


def name_text(data: bytes) -> None:
    """A name survives its text form."""
    text = decode(data)
    reason = names.why_bad_name(text)
    if reason is None:
        labels = names.to_labels(text)
        assert names.to_labels(names.from_labels(labels)) == tuple(label.lower() for label in labels)
    else:
        quiet(printable(spoken(reason)))
    names.is_fqdn(text)


def certificate(data: bytes) -> None:
    """A certificate or a ValueError; a chain with it is judged, and whatever stands in it can be shown."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    records = tuple(Tlsa(usage, selector, 1, bytes(32)) for usage in (2, 3) for selector in (0, 1))
    for chain in ((data,), (data, data), (next(iter(_certificates())), data)):
        status, reasons = match_tlsa(chain, records, ("mx.example.net",), at)
        assert status is DaneStatus.MISMATCHED
        quiet(printable(" ".join(clauses(reasons))))
        trust = trust_of(HandshakeResult("TLSv1.3", "", chain, True), at, certifi.where())
        quiet(printable(spoken(trust)))
        assert why_unverified(chain, "mx.example.net", at, trust, CertificateDemand())
    try:
        read = read_certificate(data)
    except ValueError:
        return
    name_matches(read, "mx.example.net")
    quiet(printable(" ".join((read.subject, read.issuer, read.key, *read.names))))
    quiet(printable(" ".join(clauses(problems(read, "mx.example.net", at, TRUSTED)))))


@cache
def _certificates() -> tuple[bytes, ...]:
    return tuple(_recorded_certificates())


def _recorded_certificates() -> Iterable[bytes]:
    for recording in fixtures("recordings/lab-tls*/recording.jsonl"):
        for number, line in enumerate(recording.splitlines(), 1):
            event = decode_event(line, number, 1)
            if isinstance(event, ev.TlsEstablished):
                yield from event.chain


DNS_TARGETS = (
    Target(
        "dns-wire",
        dns_wire,
        _wires,
        (b"\xc0\x0c", b"\0\1\0\1", b"\0\5\0\1", b"\0\x10\0\1", b"\0\x0f\0\1", b"\0\x29"),
    ),
    Target(
        "dns-names",
        name_text,
        lambda: [b"a.example", rb"a\.b\032.example.", b"\\999", b"a..b"],
        (b"\\.", b"\\046"),
        600,
    ),
    Target("spf", spf, lambda: SPF, SPF_WORDS),
    Target("dkim-key", dkim_key, lambda: KEYS, TAG_WORDS),
    Target(
        "dkim-signature",
        dkim_signature,
        _signed,
        (*TAG_WORDS, b"DKIM-Signature:", b"bh=", b" b=", b"\r\n ", b"l="),
    ),
    Target("dmarc", dmarc, lambda: DMARC, TAG_WORDS),
    Target("mta-sts", mta_sts, lambda: STS, STS_WORDS),
    Target("certificate", certificate, _certificates),
)
