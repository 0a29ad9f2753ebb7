"""Reading of addresses: what is taken, what is refused, and where the fault is shown."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.model.address import AddressError, Mailbox, NullReversePath
from probe.model.address_parse import (
    describe,
    label_of_no_characters,
    parse_domain,
    parse_endpoint,
    parse_ip,
    parse_mailbox,
    parse_reverse_path,
)
from probe.model.target import Endpoint

LONGEST_LOCAL_PART = "x" * 64


@pytest.mark.parametrize(
    ("text", "local_part", "domain"),
    [
        ("bob@example.com", "bob", "example.com"),
        ("Bob.X+tag@EXAMPLE.Com", "Bob.X+tag", "example.com"),
        ("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~", "example.com"),
        ('"a b"@example.com', '"a b"', "example.com"),
        ('"a\\"@b"@example.com', '"a\\"@b"', "example.com"),
        ('"<>"@example.com', '"<>"', "example.com"),
        ("bob@bücher.example", "bob", "xn--bcher-kva.example"),
        ("bob@BÜCHER.example", "bob", "xn--bcher-kva.example"),
        ("bob@faß.example", "bob", "xn--fa-hia.example"),  # IDNA 2003 would send it to fass
        ("bob@ＥＸ.example", "bob", "ex.example"),
        ("bob@例え。テスト", "bob", "xn--r8jz45g.xn--zckzah"),
        ("bob@r3---sn.example", "bob", "r3---sn.example"),
        ("用户@例子.中国", "用户", "xn--fsqu00a.xn--fiqs8s"),
        (f"{LONGEST_LOCAL_PART}@example.com", LONGEST_LOCAL_PART, "example.com"),
    ],
)
def test_a_mailbox_keeps_its_local_part_and_gets_a_labels(text: str, local_part: str, domain: str) -> None:
    mailbox = parse_mailbox(text)
    assert (mailbox.local_part, mailbox.domain, mailbox.literal) == (local_part, domain, None)


def test_a_local_part_is_not_normalised() -> None:
    decomposed = "re\u0301sume\u0301"
    assert parse_mailbox(f"{decomposed}@example.com").local_part == decomposed


def test_the_unicode_domain_is_what_a_person_reads() -> None:
    assert parse_mailbox("a@xn--bcher-kva.example").unicode_domain == "bücher.example"


@pytest.mark.parametrize(
    ("text", "domain", "ip"),
    [
        ("a@[192.0.2.1]", "[192.0.2.1]", "192.0.2.1"),
        ("a@[IPv6:2001:DB8:0::1]", "[IPv6:2001:db8::1]", "2001:db8::1"),
        ("a@[ipv6:::1]", "[IPv6:::1]", "::1"),
    ],
)
def test_an_address_literal_is_read(text: str, domain: str, ip: str) -> None:
    assert parse_mailbox(text) == Mailbox("a", domain, domain, ip_address(ip))


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("", 0, "missing"),
        ("bob", 3, "no @"),
        ("bob@", 4, "domain"),
        ("@example.com", 0, "local part"),
        (".bob@example.com", 0, "begin with a dot"),
        ("bob.@example.com", 3, "end with a dot"),
        ("b..b@example.com", 2, "two dots"),
        ("b b@example.com", 1, "space"),
        ("b(b@example.com", 1, "("),
        ('"bob@example.com', 16, "closing quote"),
        ('"bob"x@example.com', 5, "@ must follow"),
        ("bob@exa mple.com", 7, "space"),
        ("bob@exam_ple.com", 8, "_"),
        ("bob@a@example.com", 5, "@"),
        ("bob@example..com", 12, "two dots"),
        ("bob@.example.com", 4, "begin with a dot"),
        ("bob@example.com.", 15, "end with a dot"),
        ("bob@-x.example", 4, "hyphen"),
        ("bob@x-.example", 5, "hyphen"),
        ("bob@example", 11, "one label"),
        ("bob@localhost", 13, "one label"),
        ("bob@192.0.2.1", 4, "[192.0.2.1]"),
        ("bob@example.123", 12, "digits"),
        ("bob@☃.example", 4, "U+2603"),
        ("bob@①.example", 4, "U+2460"),
        ("bob@[192.0.2.256]", 5, "literal"),
        ("bob@[2001:db8::1]", 5, "[IPv6:2001:db8::1]"),
        ("bob@[IPv6:fe80::1%eth0]", 17, "zone index"),
        ("bob@[192.0.2.1", 14, "]"),
        (" bob@example.com", 0, "white space"),
        ("bob@example.com ", 15, "white space"),
        ("mailto:bob@example.com", 0, "mailto"),
        ("Bob <bob@example.com>", 4, "between < and >"),
        ('"B S" <bob@example.com>', 6, "between < and >"),
        ("@relay.example:bob@example.com", 0, "source route"),
        ("bob\r@example.com", 3, "U+000D"),
        ("bob@example.com\n", 15, "U+000A"),
        ("bob@exa\x00mple.com", 7, "U+0000"),
        ("bob@exa\u202emple.com", 7, "U+202E"),
        ("bob@exa\u200bmple.com", 7, "U+200B"),
        ("\ufeffbob@example.com", 0, "U+FEFF"),
        ("bob@" + "x" * 64 + ".example", 67, "63 octets"),
        ("bob@" + "é" * 64 + ".example", 67, "too long"),
    ],
)
def test_a_fault_is_refused_at_its_place(text: str, position: int, word: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_mailbox(text)
    assert caught.value.address == text
    assert caught.value.position == position
    assert word in caught.value.reason


def test_a_path_longer_than_rfc_5321_allows_is_refused() -> None:
    domain = ".".join(["x" * 60] * 3) + ".example"
    assert len(f"{LONGEST_LOCAL_PART}@{domain}") > 254
    with pytest.raises(AddressError, match="254"):
        parse_mailbox(f"{LONGEST_LOCAL_PART}@{domain}")


def test_the_null_reverse_path_is_read() -> None:
    assert parse_reverse_path("<>") == NullReversePath()


def test_a_reverse_path_may_stand_in_angle_brackets() -> None:
    assert parse_reverse_path("<bob@example.com>") == parse_reverse_path("bob@example.com")


def test_the_place_of_a_fault_counts_the_angle_bracket() -> None:
    with pytest.raises(AddressError) as caught:
        parse_reverse_path("<bob@exa mple.com>")
    assert caught.value.position == 8


@pytest.mark.parametrize(
    ("text", "a_labels", "words"),
    [
        ("Example.COM", "example.com", "example.com"),
        ("bücher.example", "xn--bcher-kva.example", "bücher.example"),
        ("[192.0.2.1]", "[192.0.2.1]", "[192.0.2.1]"),
    ],
)
def test_a_domain_is_read_to_both_forms(text: str, a_labels: str, words: str) -> None:
    assert parse_domain(text) == (a_labels, words)


@pytest.mark.parametrize(
    "text", ["", "com", "a@b.example", "https://b.example/", "b.example.", "a b.example"]
)
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        parse_domain(text)


def test_addresses_are_read() -> None:
    assert str(parse_ip("192.0.2.1")) == "192.0.2.1"
    assert str(parse_ip("2001:DB8::1")) == "2001:db8::1"


@pytest.mark.parametrize("text", ["", "192.0.2", "192.0.2.1:25", "[::1]", "fe80::1%lo", "x", "192.0.2.1\n"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        parse_ip(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("mx.example.com", "mx.example.com", 25),
        ("MX.example.com:2525", "mx.example.com", 2525),
        ("localhost:2525", "localhost", 2525),
        ("192.0.2.1", "192.0.2.1", 25),
        ("192.0.2.1:53", "192.0.2.1", 53),
        ("[2001:db8::1]:53", "2001:db8::1", 53),
        ("[2001:db8::1]", "2001:db8::1", 25),
        ("2001:db8::1", "2001:db8::1", 25),
    ],
)
def test_an_endpoint_is_read(text: str, host: str, port: int) -> None:
    assert parse_endpoint(text, 25) == Endpoint(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":25",
        "x:",
        "x:0",
        "x:65536",
        "x:-1",
        "x:٣",
        "[::1",
        "[::1]25",
        "[mx]:25",
        "1.2.3.400",
        "a b",
        "a\n",
    ],
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        parse_endpoint(text, 25)


def test_the_description_shows_the_place() -> None:
    with pytest.raises(AddressError) as caught:
        parse_mailbox("bob@exa mple.com")
    assert describe(caught.value) == (
        "bob@exa mple.com: a space is not allowed in a domain (character 8): bob@exa⟦ ⟧mple.com"
    )


def test_the_description_escapes_what_would_act_on_a_terminal() -> None:
    with pytest.raises(AddressError) as caught:
        parse_mailbox("bob\x1b[2J@exa\u202emple.com")
    line = describe(caught.value)
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert "⟦\\x1b⟧" in line


def test_the_description_of_a_huge_address_stays_short() -> None:
    with pytest.raises(AddressError) as caught:
        parse_mailbox("x" * 100_000 + "@example.com")
    assert len(describe(caught.value)) < 500


@pytest.mark.parametrize("local", ["x" * 65, "srs0=" + "a" * 200, "\u00e9" * 33])
def test_a_local_part_beyond_64_octets_is_taken(local: str) -> None:
    """VERP and SRS make such; RFC 5321 section 4.5.3.1 wants no limits where they can be helped."""
    assert parse_mailbox(f"{local}@example.com").local_octets == len(local.encode())


HOST_LABELS = ("xn--i-7iq", "xn--ls8h", "xn--a-ecp", "r3---sn", "ab--cd")
FAKE_A_LABELS = ("xn--a", "xn--99999999999", "xn--bcher-kv")


@pytest.mark.parametrize("label", [*HOST_LABELS, *FAKE_A_LABELS])
def test_a_label_that_hosts_have_is_taken_as_it_stands(label: str) -> None:
    """Hyphens in the third and fourth place, A-labels of the older IDNA 2003, and what only looks like one:
    mail servers ask DNS for each of them."""
    assert parse_domain(f"{label}.example") == (f"{label}.example", f"{label}.example")


def test_a_label_that_stands_for_no_characters_is_found() -> None:
    for label in FAKE_A_LABELS:
        assert label_of_no_characters(f"mail.{label}.example") == label
    for label in (*HOST_LABELS, "xn--bcher-kva"):
        assert label_of_no_characters(f"mail.{label}.example") is None


def test_xn_and_hyphens_alone_are_no_label() -> None:
    with pytest.raises(AddressError, match="hyphen"):
        parse_domain("xn--.example")
