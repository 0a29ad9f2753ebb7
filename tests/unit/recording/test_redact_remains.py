"""Redaction finds who is meant by short names, parts, glue and codes, and leaves the words of replies."""

from __future__ import annotations

import base64
import re
from ipaddress import ip_address
from pathlib import Path

import pytest

from probe.model.address import Mailbox
from probe.model.observed import HeloReason
from probe.model.reason import Reason
from probe.model.target import Options, PairTarget
from probe.recording import events as ev
from probe.recording.codec import encode
from probe.recording.file import load
from probe.recording.journal import Recording
from probe.recording.known_names import KnownNames
from probe.recording.redact import redact, redaction
from probe.recording.redact_remains import identifiers
from probe.recording.suffixes import Suffixes
from probe.run import report_of
from probe.standards.dns.message import Mx, RecordType
from tests.support.recordings import STARTED_AT, dns, txt

RECORDINGS = sorted((Path(__file__).parents[3] / "fixtures/recordings").glob("*/recording.jsonl"))
BOB = Mailbox("bob.smith", "mail.sender-corp.net", "mail.sender-corp.net")
ALICE = Mailbox("alice7", "acmewidgets.com", "acmewidgets.com")
BOX = "alice7@acmewidgets.com"
MEANT = re.compile(r"(?i)alice|acme|kestrel|smith|sender.?corp|hostpark|macbook|\b81[-._]2|2a01:7e00|2\.3\.4")


def run_of(*events: ev.Event) -> Recording:
    """A run of Bob, who writes to Alice, at hosts with names of their own."""
    return Recording.of(
        [
            ev.Started(
                ev.FORMAT_VERSION,
                "0.1",
                STARTED_AT,
                PairTarget(BOB, ALICE),
                Options(ip=ip_address("81.2.3.4")),
            ),
            ev.Vantage(
                1,
                ip_address("2a01:7e00:1:2::99"),
                "bobs-macbook",
                "out7.sender-corp.net",
                Reason(HeloReason.PTR),
            ),
            dns(ALICE.domain, RecordType.MX, Mx(10, "kestrel7.acmewidgets.com"), Mx(20, "mx1.hostpark.net")),
            *events,
        ]
    )


def told(text: str) -> str:
    """What becomes of a text in a reply."""
    (event,) = redact(run_of(ev.Received(2, 1, f"450 no {text} now\r\n".encode()))).all(ev.Received)
    line = event.data.decode()
    assert line.startswith("450 no ") and line.endswith(" now\r\n")
    return line[7:-6]


def b64(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def b32(text: str) -> str:
    return base64.b32encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "kestrel7: queue",
            "KESTREL7_a",
            "kestrel72",
            "bobs macbook",
            "Hostpark",
            "acmewidgets2",
            "Sender Corp",
        ),
        *(
            "alice7_2024",
            "alice72024",
            "2024alice7",
            "_alice7_",
            "x-alice7-y",
            "mbx.alice7.full",
            "@alice7",
            "ALICE7x",
        ),
        *(
            "bobsmith",
            "Bob_Smith_1",
            "Smith",
            "mailboxAlice7Full",
            "HTTPAlice7",
            "userBobSmith",
            "toKestrel7",
        ),
        *("ali\u00adce7", "\u200ba\u200bl\u200bi\u200bc\u200be\u200b7", "ａｌｉｃｅ７", "𝐤𝐞𝐬𝐭𝐫𝐞𝐥𝟕"),
    ],
)
def test_a_short_name_and_a_glued_one_are_found(text: str) -> None:
    assert re.search(r"(?:user|host)\d", told(text))
    assert MEANT.search(told(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        *(b64(f"{BOX}\n"), b64(f"{BOX}\r\n").rstrip("="), b64("alice7\n"), b64(" user alice7 ")),
        *(f"id={b64(BOX)}", f"AA{b64(BOX)}", f"msg-{b64(BOX)}", b64(b64(BOX)), b64(BOX.encode("utf-16"))),
        *(b64("81.2.3.4"), b64("kestrel7"), b64(b"\x01\xfealice7\xff")),
        base64.urlsafe_b64encode(f"{BOX}??>".encode()).decode(),
        *(BOX.encode().hex(), "0x" + b"alice7".hex(), "id" + b"alice7".hex(), b"alice7\n".hex().upper()),
        *(BOX.encode().hex(":"), b"alice7".hex(" "), "".join(f"\\x{octet:02x}" for octet in b"alice7")),
        *("0x61, 0x6c, 0x69, 0x63, 0x65, 0x37", "alice7".encode("utf-16-le").hex()),
        *("rfc822;alice7+40acmewidgets.com", "alice7=40acmewidgets=2Ecom", "=61=6C=69=63=65=37"),
        *("&#97;lice7&#64;acmewidgets.com", "alice7&commat;acmewidgets&period;com", "\\u0061lice7"),
        *("=61=6c=69=63=65=37", "alice7=40acmewidgets=2ecom"),
        *("&#97&#108&#105&#99&#101&#55", "\\u{61}lice7", "ali\\U00000063e7"),
        b64("81.2.3.4").rstrip("=") + "-12",
        *(BOX.encode().hex("."), b"alice7".hex("_"), b"81.2.3.4".hex("|"), b64(b"\x01\xfe81.2.3.4\xff")),
        *(b32(BOX), b32("alice7"), b32("kestrel7").lower().rstrip("="), b32("81.2.3.4"), f"id-{b32(BOX)}"),
        *("ali\\099e7", "ali\\143e7", "%61lice7", "%2561lice7", "alice7%2540acmewidgets.com"),
        *(f"=?utf-8?B?{b64('alic')}?= =?utf-8?B?{b64('e7')}?=", "=?utf-8?B?YWxpY?= =?utf-8?B?2U3?="),
        *("=?latin1?Q?al?=\r\n450 =?latin1?Q?ice7?=", f"=?utf-8*en?Q?{BOX.replace('@', '=40')}?="),
        f"{b64(BOX * 4)[:40]}\r\n450 {b64(BOX * 4)[40:]}",
    ],
)  # fmt: skip
def test_no_code_hides_anybody(text: str) -> None:
    result = told(text)
    assert re.search(r"redacted|(?:user|host)\d", result)
    assert MEANT.search(result) is None
    assert result.count("\n") == text.count("\n")
    for word in text.split():
        assert word.strip("=") not in result or len(word) < 5


def test_a_name_within_a_name_that_stays_is_found() -> None:
    result = told("https://kestrel7.lookup.spamhaus.org/ https://www.spamhaus.org/alice7")
    assert re.fullmatch(r"https://host\d\.lookup\.spamhaus\.org/ https://www\.spamhaus\.org/user\d", result)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("81.2.3.", "192.0.2."),
        ("81.2.3.x 81.2.3.* 81.2.x.x 81.x.x.4 x.x.3.4", "192.0.2.x 192.0.2.* 192.0.x.x 192.x.x.1 x.x.2.1"),
        ("net 81.2. is [81.2.3] 81.2.3/24", "net 192.0. is [192.0.2] 192.0.2/24"),
        ("81-2-3 ip_81_2_3 3.2.81.", "192-0-2 ip_192_0_2 2.0.192."),
        ("2a01:7e00:1:2", "2001:db8:0:0"),
        ("2A01:7E00:0001: 2a01:7e00:", "2001:db8:0: 2001:db8:"),
        ("82.2.3. 81.2 81.20.3. 1.81.2.3.4", "82.2.3. 81.2 81.20.3. 1.81.2.3.4"),
    ],
)
def test_a_part_of_an_address_becomes_that_of_its_pseudonym(text: str, words: str) -> None:
    assert told(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("081002003004 81,2,3,4", "192000002001 192,0,2,1"),
        ("81\\.2\\.3\\.4 8\u200b1.2.3.4 ８１．２．３．４", "192\\.0\\.2\\.1 192.0.2.1 192.0.2.1"),
        ("+38+31+2E+32+2E+33+2E+34 =381.2.3.4", "192.0.2.1 192.0.2.1"),
        (
            ".".join("2a017e00000100020000000000000099"[::-1]),
            ".".join("20010db8000000000000000000000001"[::-1]),
        ),
        ("082002003004 82,2,3,4 999999999999", "082002003004 82,2,3,4 999999999999"),
    ],
)
def test_an_address_in_an_odd_spelling_becomes_its_pseudonym_in_it(text: str, words: str) -> None:
    assert told(text) == words


@pytest.mark.parametrize(
    ("local", "octets"),
    [
        ("jürgen.müller", b"Juergen Mueller"),
        ("jürgen.müller", "Jürgen Müller".encode("cp850")),
        ("łukasz", b"LUKASZ"),
        ("ışık", "IŞIK".encode()),
        ("o'brien", "O\u2019Brien".encode()),
        ("o'brien", b"obrien"),
        ("иван", "Иван".encode("cp1251")),
        ("иван", "иван".encode("cp866")),
        ("นภา", "นภา".encode("tis_620")),
    ],
)
def test_a_name_of_another_language_is_found_as_servers_write_it(local: str, octets: bytes) -> None:
    start = ev.Started(
        ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(BOB, Mailbox(local, "x.net", "x.net")), Options()
    )
    (event,) = redact(Recording.of([start, ev.Received(2, 1, b"550 " + octets + b" is full\r\n")])).all(
        ev.Received
    )
    assert re.fullmatch(rb"550 user\d is full\r\n", event.data)


def test_a_status_is_no_part_of_an_address() -> None:
    start = ev.Started(
        ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(BOB, ALICE), Options(ip=ip_address("5.7.1.9"))
    )
    text = b"550 5.7.1 no (5.7.1) #5.7.1. Version 5.7.1, 5.7.1.x and 5.7.1. are listed\r\n"
    (_, event) = redact(Recording.of([start, ev.Received(2, 1, text)]))
    assert isinstance(event, ev.Received)
    assert event.data == b"550 5.7.1 no (5.7.1) #5.7.1. Version 5.7.1, 192.0.2.x and 192.0.2. are listed\r\n"


@pytest.mark.parametrize(
    "octets",
    [
        b"220 2.0.0 Ready to start TLS\r\n",
        b"250-SIZE 4096\r\n250-DSN\r\n250 SIZE=4096\r\n",
        b"550 5.7.23 SPF fail; client-ip=127.0.0.1, policy=DMARC1\r\n",
        b"550 5.1.1 the quota of the mailbox is over, 20 decades, facade, 617461 x=616263\r\n",
        b"550 see the servers of your static pool\r\n",
    ],
)
def test_words_of_replies_stay_whoever_is_called_so(octets: bytes) -> None:
    boxes = [
        f"{word}@other{at}.net" for at, word in enumerate(("tls", "dmarc", "dsn", "size", "quota", "spf"))
    ]
    named = ev.Received(2, 1, f"250 {' '.join(boxes)} servers.x.other.net static.pool.other.net\r\n".encode())
    assert redact(run_of(named, ev.Received(3, 2, octets))).all(ev.Received)[1].data == octets


def test_the_words_of_a_record_stay_whoever_is_called_so() -> None:
    record = b"v=DMARC1; p=reject; rua=mailto:dmarc@sender-corp.net,mailto:reject@sender-corp.net"
    (_, event) = redact(run_of(txt("_dmarc.sender-corp.net", record))).all(ev.DnsAnswered)
    assert event.answer.txts()[0].data.startswith(b"v=DMARC1; p=reject; rua=mailto:user")


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.parent.name)
def test_a_redacted_run_is_judged_as_the_run(path: Path) -> None:
    recording = load(path)
    before, after = report_of(recording).verdict, report_of(redact(recording)).verdict
    for part in ("outcome", "stage", "cause", "exit_code"):
        assert getattr(after, part) == getattr(before, part), part


def test_names_in_octets_of_other_charsets_are_found() -> None:
    box = Mailbox("\u738b\u4f1f", "b\u00fccher.net", "b\u00fccher.net")
    start = ev.Started(ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(BOB, box), Options())
    text = b"550 " + "\u738b\u4f1f".encode("gb18030") + b" of B\xdcCHER\r\n"
    (event,) = redact(Recording.of([start, ev.Received(2, 1, text)])).all(ev.Received)
    assert re.fullmatch(rb"550 user\d+ of host\d+\r\n", event.data)


def test_the_longest_known_name_counts_and_a_name_ends_with_its_letters() -> None:
    names = KnownNames(
        [("ann", "1"), ("ann.lee", "2"), ("mail-server", "3"), ("b7", "4")], frozenset({"mail", "server"})
    )
    result = names.replace_names(
        "ann, Ann Lee, annlee, joann, anna, mail server, mail-server, b72, 7b7", "<{}>".format
    )
    assert result == "<1>, <2>, <2>, joann, anna, mail server, <3>, <4>2, 7<4>"
    assert not KnownNames((), frozenset()).is_in("ann")


def test_the_longest_suffix_is_found() -> None:
    suffixes = Suffixes(["a.example", "x.a.example", "*.b.example"])
    assert suffixes.above("y.x.a.example") == "x.a.example"
    assert suffixes.above("a.example") == ""
    assert suffixes.around("a.example") == "a.example"
    assert suffixes.around("q.w.b.example") == "*.b.example"
    assert suffixes.around("xa.example") == ""


def test_what_servers_made_is_counted_and_told() -> None:
    text = (
        b"250-2.0.0 Ok: queued as 4Fz3Kx2bLz\r\n250 id=6ba7b810-9dad-11d1-80b4-00c04fd430c8 ticket #12345\r\n"
        b"250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 SIZE 36700160\r\n"
        b"550 alice7@acmewidgets.com at kestrel7.acmewidgets.com [81.2.3.4] RFC5321 Postfix 3.7.11\r\n"
    )
    result = redaction(run_of(ev.Received(2, 1, text)))
    assert result.identifiers == ("4Fz3Kx2bLz", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "12345")
    assert (result.is_new, result.local_parts, result.addresses) == (True, 2, 2)
    again = redaction(result.recording)
    assert not again.is_new and again.identifiers == result.identifiers == identifiers(again.recording)
    assert MEANT.search("\n".join(map(encode, result.recording))) is None
