"""The text form of domain names and the limits of RFC 1035."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.standards.dns import names


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("", ()),
        (".", ()),
        ("Example.ORG.", (b"example", b"org")),
        ("a\\.b.example", (b"a.b", b"example")),
        ("a\\\\.example", (b"a\\", b"example")),
        ("a\\032\\255.example", (b"a \xff", b"example")),
        ("x" * 63, (b"x" * 63,)),
        (".".join(["x" * 62, "x" * 62, "x" * 62, "x" * 62, "x"]), (*[b"x" * 62] * 4, b"x")),
    ],
)
def test_labels_of_a_name(name: str, labels: tuple[bytes, ...]) -> None:
    assert names.to_labels(name) == labels
    assert names.why_bad_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "a..b",
        ".a",
        "a..",
        "x" * 64,
        ".".join(["x" * 62] * 5),
        "a\\",
        "a\\300.b",
        "f\u00fc.example",
        "\\\u00fc.example",
    ],
)
def test_what_is_no_name_says_why(name: str) -> None:
    assert names.why_bad_name(name)
    with pytest.raises(names.BadNameError):
        names.to_labels(name)


def test_a_name_of_253_octets_is_the_longest() -> None:
    longest = ".".join(["x" * 63, "x" * 63, "x" * 63, "x" * 61])
    assert len(longest) == 253
    assert names.why_bad_name(longest) is None
    assert names.why_bad_name("x" + longest) is not None


@pytest.mark.parametrize("name", ["example.org", "a-b.example.org.", "1.example", "xn--fa-hia.example"])
def test_host_names(name: str) -> None:
    assert names.is_fqdn(name)


@pytest.mark.parametrize(
    "name",
    ["", "localhost", "a_b.example", "a-.example", "192.0.2.1", "a..b", "f\u00fc.example", "x" * 64 + ".org"],
)
def test_what_is_no_host_name(name: str) -> None:
    assert not names.is_fqdn(name)


def test_reverse_names() -> None:
    assert names.reverse_name(ip_address("192.0.2.1")) == "1.2.0.192.in-addr.arpa"
    assert names.reverse_name(ip_address("2001:db8::1")) == "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa"


@pytest.mark.parametrize(
    ("name", "parent", "expected"),
    [
        ("a.example", "example", True),
        ("Example", "example.", True),
        ("a.example", "", True),
        ("badexample", "example", False),
        ("example", "a.example", False),
        ("a\\.example", "example", False),
        ("a..example", "example", False),
    ],
)
def test_subdomains(name: str, parent: str, expected: bool) -> None:
    assert names.is_subdomain(name, parent) is expected


@pytest.mark.parametrize("text", ["192.0.2.1", "2001:db8::1", "0.0.0.0"])
def test_a_reverse_name_leads_back_to_its_address(text: str) -> None:
    ip = ip_address(text)
    assert names.address_of_reverse_name(names.reverse_name(ip)) == ip
    assert names.address_of_reverse_name(f"{names.reverse_name(ip).upper()}.") == ip


@pytest.mark.parametrize(
    "name",
    ["", "in-addr.arpa", "2.0.192.in-addr.arpa", "x.2.0.192.in-addr.arpa", "1.1.2.0.192.in-addr.arpa",
     "ip6.arpa", "1.2.0.192.example", "256.2.0.192.in-addr.arpa", f"{'g.' * 32}ip6.arpa"],
)  # fmt: skip
def test_any_other_name_leads_to_none(name: str) -> None:
    assert names.address_of_reverse_name(name) is None
