"""Whatever the names and addresses are: none is left, and every name is still one name."""

from __future__ import annotations

import base64
import re
from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from probe.model.address import Mailbox
from probe.model.observed import (
    FetchFault,
    Gap,
    HandshakeFault,
    HeloReason,
    OpinionFault,
    OpinionSubject,
    Part,
    SessionReason,
)
from probe.model.reason import Reason
from probe.model.session import Experiment
from probe.model.target import Options, PairTarget
from probe.recording import events as ev
from probe.recording.codec import encode
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.standards.dns.message import Mx, RecordType, Txt
from tests.support.reasons import other
from tests.support.recordings import STARTED_AT, any_event, dns

# "zq" keeps generated names apart from words, pseudonyms and kept names.
NAMES = st.text(alphabet="abcdef0123", min_size=1, max_size=6).map(lambda text: f"zq{text}")
DOMAINS = st.builds(
    lambda labels, tld: ".".join([*labels, tld]),
    st.lists(NAMES, min_size=1, max_size=3),
    st.sampled_from(["com", "co.uk", "example", "local", "xn--fiqs8s"]),
)
LOCALS = st.builds(
    lambda parts, joint: joint.join(parts),
    st.lists(NAMES, min_size=1, max_size=3),
    st.sampled_from([".", "_", "-", "+"]),
)
MAILBOXES = st.builds(lambda local, domain: Mailbox(local, domain, domain), LOCALS, DOMAINS)
V4 = st.integers(0x01000001, 0x7EFFFFFF).map(IPv4Address)
V6 = st.integers(0x2001 << 112, (0x3FFE << 112) - 1).map(IPv6Address)

# The ways in which servers and libraries write whom they speak of
FORMS = (
    "<{box}> unknown",
    "'{local}' at {domain}",
    "{local}+tag@{domain} is full",
    "bounce-{local}={domain}@{host}",
    "SRS0=HHH=TT={domain}={local}@{host}",
    "https://{host}/why?e={local}%40{domain}&ip={ip}",
    "to={box}, relay={host}[{ip}]:25",
    "client ip{ip} and IPv6:{ip6} [IPv6:{ip6}]",
    "用户{local}不存在 ({domain})",
    '"{local}"@{domain};{local}/{domain}',
    "{ip},{ip6};{host}:25 <{host}>",
    "https://{host}/why?a={ip}&e={box} https://{host}:8080/{box}",
    "mailbox of {local}, {local}. /o=x/cn={local} {domain}!{local} {local}\\@{domain} {local}(at){domain}",
    "{percent} =?utf-8?B?{b64}?= id={b64}",
    "{octal} {hexes} [{number:#010x}] {number:08x} {number} {underscored} {defanged}",
    "::ffff:{high:x}:{low:x} and {high:x}:{low:x} {digits6} {exploded6} {dashed6}",
    "{short}: queue of {short}_a is full, ask {short}7",
    "user_{local}_2024 {local}_{local} 7-{local}- id.{local}.x @{local} mbx-{local}",
    "{b64lf} x={b64lf} msg-{b64} {b64short} {b64twice} {b64utf16}",
    "{hexbox} 0x{hexlocal} x'{hexbox}' {colons} {spaced} {escapes}",
    "=?utf-8?B?{b64half}?= =?utf-8?B?{b64rest}?= =?utf-8?Q?{quoted}?=",
    "rfc822;{xtext} {quoted} {percent2} {entities}",
    "{prefix}. {prefix}.x {prefix}.* [{prefix}] {prefix}/24 and {first}.{second}.x.x; {dashed}",
)


def said_of(form: str, recipient: Mailbox, host: str, ip: IPv4Address, ip6: IPv6Address) -> str:
    """A form filled in with all the spellings that a server may choose."""
    octets = ip.packed
    return form.format(
        box=recipient,
        local=recipient.local_part,
        domain=recipient.domain,
        host=host,
        ip=ip,
        ip6=ip6,
        short=host.partition(".")[0],
        **encodings(str(recipient), recipient.local_part),
        prefix=str(ip).rpartition(".")[0],
        dashed=str(ip).rpartition(".")[0].replace(".", "-"),
        first=octets[0],
        second=octets[1],
        percent="".join(char if char.isalnum() else f"%{ord(char):02X}" for char in str(recipient)),
        b64=base64.b64encode(str(recipient).encode()).decode(),
        octal=".".join(f"0{octet:o}" for octet in octets),
        hexes=".".join(f"0x{octet:x}" for octet in octets),
        underscored=str(ip).replace(".", "_"),
        defanged=str(ip).replace(".", "[.]"),
        number=int(ip),
        high=int(ip) >> 16,
        low=int(ip) & 0xFFFF,
        digits6=f"{int(ip6):032x}",
        exploded6=ip6.exploded,
        dashed6=ip6.exploded.replace(":", "-"),
    )


def encodings(box: str, local: str) -> dict[str, str]:
    """A mailbox and its local part as programs encode them."""
    octets = box.encode()
    half = len(octets) // 2

    def b64(data: bytes) -> str:
        return base64.b64encode(data).decode()

    return {
        "b64lf": b64(octets + b"\n"),
        "b64short": b64(local.encode() + b"\r\n"),
        "b64twice": b64(b64(octets).encode()),
        "b64utf16": b64(box.encode("utf-16-le")),
        "b64half": b64(octets[:half]),
        "b64rest": b64(octets[half:]),
        "hexbox": octets.hex(),
        "hexlocal": local.encode().hex(),
        "colons": octets.hex(":"),
        "spaced": octets.hex(" ").upper(),
        "escapes": "".join(f"\\x{octet:02x}" for octet in octets),
        "quoted": "".join(char if char.isalnum() else f"={ord(char):02X}" for char in box),
        "xtext": "".join(char if char.isalnum() else f"+{ord(char):02X}" for char in box),
        "percent2": "".join(char if char.isalnum() else f"%25{ord(char):02X}" for char in box),
        "entities": "".join(f"&#{ord(char)};" for char in box),
    }


def spellings(ip: IPv4Address, ip6: IPv6Address) -> list[str]:
    """How an address may not stand anywhere."""
    all_of_them = said_of(
        "{octal} {hexes} {number:#010x} {number:08x} {number} {digits6}", _NOBODY, "", ip, ip6
    )
    return [
        *all_of_them.split(),
        *said_of("{exploded6} {dashed6} {underscored}", _NOBODY, "", ip, ip6).split(),
    ]


_NOBODY = Mailbox("a", "b.example", "b.example")


@st.composite
def runs(draw: st.DrawFn) -> tuple[Recording, list[str]]:
    """A recording and the identities that it holds."""
    sender, recipient = draw(MAILBOXES), draw(MAILBOXES)
    host, ip, mx_ip, ip6 = draw(DOMAINS), draw(V4), draw(V4), draw(V6)
    reverse = ip.reverse_pointer.removesuffix(".in-addr.arpa")
    text = f"550 {recipient} refused by {host} [{mx_ip}] {ip6} for {sender}\r\n".encode()
    cut = draw(st.integers(0, len(text)))
    form = draw(st.sampled_from(FORMS))
    whole = said_of(form, recipient, host, mx_ip, ip6)
    # base64 in capitals is another text
    loud = whole.upper() if draw(st.booleans()) and not re.search("b64|escapes", form) else whole
    events: list[ev.Event] = [
        ev.Started(
            ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(sender, recipient), Options(ip=ip, helo=host)
        ),
        ev.Vantage(1, ip6, host, host, other(HeloReason, f"PTR of {ip} is {host}")),
        dns(recipient.domain, RecordType.MX, Mx(10, host)),
        dns(host, RecordType.A, mx_ip),
        dns(f"{reverse}.in-addr.arpa", RecordType.PTR, host),
        dns(f"{reverse}.zen.spamhaus.org", RecordType.A),
        dns(f"_dmarc.{sender.domain}", RecordType.TXT, Txt((f"v=DMARC1; rua=mailto:{sender}".encode(),))),
        dns(
            sender.domain,
            RecordType.TXT,
            Txt((f"v=spf1 ip4:{mx_ip}/8 a:{host} include:{host} -all".encode(),)),
        ),
        ev.SessionOpened(
            2, 1, host, mx_ip, 25, Experiment.TARGET, other(SessionReason, f"MX of {recipient.domain}")
        ),
        ev.Sent(3, 1, f"RCPT TO:<{recipient}>\r\n".encode()),
        ev.Received(4, 1, text[:cut]),
        ev.Received(5, 1, text[cut:]),
        ev.Received(6, 1, f"550 {loud}\r\n".encode()),
        ev.TlsFailed(6, 1, other(HandshakeFault, f"certificate of {host}: {whole}")),
        ev.HttpsFetched(
            6, f"https://mta-sts.{recipient.domain}/x", 200, whole, whole.encode(), other(FetchFault, whole)
        ),
        ev.OpinionGiven(
            6, OpinionSubject.SPF, sender.domain, "checkdmarc", (whole,), (whole,), other(OpinionFault, whole)
        ),
        ev.NotReached(6, Part.SESSION, Reason(Gap.DEADLINE, host=host, ip=mx_ip)),
        ev.NotReached(6, Part.OTHER_WORDS, other(Gap, whole), words=f"session with {host}"),
    ]
    secrets = [
        str(sender),
        str(recipient),
        sender.domain,
        recipient.domain,
        host,
        str(ip),
        str(mx_ip),
        str(ip6),
    ]
    names = [
        sender.local_part,
        recipient.local_part,
        reverse,
        base64.b64encode(str(recipient).encode()).decode(),
        *encodings(str(recipient), recipient.local_part).values(),
    ]
    prefix = str(mx_ip).rpartition(".")[0]
    if not re.fullmatch(r"[245]\.\d\.\d+", prefix):  # which may as well be an enhanced status
        names.append(prefix)
    return Recording.of(events), [*secrets, *names, *spellings(mx_ip, ip6)]


@given(runs())
def test_no_identity_of_the_run_is_left(run: tuple[Recording, list[str]]) -> None:
    recording, secrets = run
    text = "\n".join(map(encode, redact(recording)))
    assert "zq" not in text.lower()
    for secret in secrets:
        assert not re.search(rf"(?i)(?<![\w.]){re.escape(secret)}(?![\w.])", text), secret


@given(runs())
def test_the_answers_are_found_again_under_the_new_names(run: tuple[Recording, list[str]]) -> None:
    recording, _ = run
    out = redact(recording)
    assert [type(event) for event in out] == [type(event) for event in recording]
    ip = out.started.options.ip
    assert ip is not None
    names = {event.answer.question.name for event in out.all(ev.DnsAnswered)}
    assert ip.reverse_pointer in names
    assert ip.reverse_pointer.replace("in-addr.arpa", "zen.spamhaus.org") in names
    assert isinstance(out.started.target, PairTarget)
    assert out.started.target.forward_path.domain in names
    assert all(opened.mx_host in names for opened in out.all(ev.SessionOpened))


@given(runs())
def test_redacting_twice_changes_nothing(run: tuple[Recording, list[str]]) -> None:
    once = redact(run[0])
    assert list(redact(once)) == list(once)


@given(st.lists(any_event(), max_size=6))
def test_arbitrary_recordings_are_redacted_without_an_error(events: list[ev.Event]) -> None:
    (started, *_), others = [e for e in [*events, _START] if isinstance(e, ev.Started)], events
    recording = Recording.of([started, *(e for e in others if not isinstance(e, ev.Started))])
    assert len(redact(recording)) == len(recording)


_START = ev.Started(
    1,
    "0.1",
    STARTED_AT,
    PairTarget(Mailbox("a", "b.example", "b.example"), Mailbox("c", "d.example", "d.example")),
    Options(),
)
