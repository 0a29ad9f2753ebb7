"""/etc/resolv.conf line by line: who is asked, and what is said of the rest."""

from __future__ import annotations

from ipaddress import IPv6Address
from pathlib import Path

import pytest

from probe.model.target import Endpoint
from probe.net.resolv_conf import ResolverConfiguration, parse, read
from tests.support.reasons import spoken

INTERFACES = {"lo": 1, "eth0": 2, "wlan-0.5": 7}


def index_of(name: str) -> int:
    try:
        return INTERFACES[name]
    except KeyError:
        raise OSError("no interface") from None


def conf(text: str | bytes) -> ResolverConfiguration:
    return parse(text.encode() if isinstance(text, str) else text, index_of)


def hosts(text: str | bytes) -> list[str]:
    result = conf(text)
    assert {server.port for server in result.servers} <= {53}
    return [server.host for server in result.servers]


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("nameserver 192.0.2.1", ["192.0.2.1"]),
        ("nameserver\t 192.0.2.1 \t", ["192.0.2.1"]),
        ("nameserver 192.0.2.1 192.0.2.2", ["192.0.2.1"]),
        ("nameserver 192.0.2.1 # the office\n", ["192.0.2.1"]),
        ("nameserver 127.1", ["127.0.0.1"]),
        ("nameserver 0x7f.1", ["127.0.0.1"]),
        ("nameserver 010.0.0.1", ["8.0.0.1"]),  # octal, as everywhere in the C library
        ("nameserver 2001:DB8:0::1", ["2001:db8::1"]),
        # Python writes it in two ways: ::ffff:c000:201 before 3.13
        ("nameserver ::ffff:192.0.2.1", [str(IPv6Address("::ffff:192.0.2.1"))]),
        ("nameserver fe80::1%eth0", ["fe80::1%eth0"]),
        ("nameserver fe80::1%wlan-0.5", ["fe80::1%wlan-0.5"]),
        ("nameserver fe80::1%2", ["fe80::1%2"]),
        ("nameserver ::1%eth0", ["::1"]),  # it needs no interface
        ("nameserver 192.0.2.1\nnameserver 192.0.2.1\nnameserver 192.0.2.2", ["192.0.2.1", "192.0.2.2"]),
        ("nameserver 192.0.2.1\0\0garbage", ["192.0.2.1"]),
    ],
)
def test_who_is_asked(text: str, questions: list[str]) -> None:
    assert hosts(text) == questions
    assert conf(text).passed_over == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nameserver dns.example", "'dns.example' is no IP address"),
        ("nameserver localhost", "a name or a port has no place there"),
        ("nameserver 127.0.0.1#53", "'127.0.0.1#53' is no IP address"),
        ("nameserver 127.0.0.1:53", "'127.0.0.1:53' is no IP address"),
        ("nameserver [::1]:53", "is no IP address"),
        ("nameserver 192.0.2.1;", "is no IP address"),
        ("nameserver 192.0.2.256", "is no IP address"),
        ("nameserver 192.0.2.1\r", "is no IP address"),
        ("nameserver \u0661.0.0.1", r"'\xd9\xa1.0.0.1' is no IP address"),
        ("nameserver fe80::1%eth9", "'fe80::1%eth9': this machine has no interface eth9"),
        ("nameserver fe80::1%", "this machine has no interface"),
        ("nameserver fe80::1%eth0%1", "this machine has no interface eth0%1"),
        ("nameserver ", "names no address"),
        ("nameserver", "is not read"),
        (" nameserver 192.0.2.1", "`nameserver` stands at the beginning of a line"),
        ("Nameserver 192.0.2.1", "`nameserver` stands at the beginning of a line"),
        ("nameserver=192.0.2.1", "is not read"),
    ],
)
def test_what_is_passed_over_is_said_with_its_line(line: str, says: str) -> None:
    result = conf(f"# a comment\n{line}\nnameserver 192.0.2.9\n")
    assert result.servers == (Endpoint("192.0.2.9", 53),)
    (passed_over,) = result.passed_over
    assert passed_over.line == 2
    assert says in spoken(passed_over)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n",
        b"# nameserver 192.0.2.1\n; nameserver 192.0.2.1\n",
        b"search example.org\ndomain example.org\nsortlist 192.0.2.0\noptions ndots:5 timeout:1 edns0\n",
        b"options\n",
        b"\xff\xfe\x00n\x00a\x00m\x00e",
        "# r\u00e9solveur\nsearch \u00e9\n".encode(),
    ],
)
def test_other_lines_are_no_servers_and_no_trouble(text: bytes) -> None:
    assert conf(text) == ResolverConfiguration(())


def test_the_first_three_are_asked_and_the_others_told_of_once() -> None:
    result = conf("".join(f"nameserver 192.0.2.{number}\n" for number in range(1, 11)))
    assert [server.host for server in result.servers] == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    (passed_over,) = result.passed_over
    assert passed_over.line == 4
    assert "this server and 6 further ones are not asked" in spoken(passed_over)


def test_a_server_behind_a_missing_interface_takes_a_place() -> None:
    assert hosts(
        "nameserver fe80::1%eth9\n" + "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3"
    ) == [
        "192.0.2.1",
        "192.0.2.2",
    ]


def test_tcp_alone_is_an_option() -> None:
    assert conf("options ndots:1 use-vc\n").tcp
    assert not conf("options ndots:1\n").tcp
    assert not conf("use-vc\n").tcp


def test_a_file_of_bad_lines_is_told_of_in_a_few() -> None:
    result = conf("nameserver x\n" * 1000)
    assert len(result.passed_over) == 11
    assert spoken(result.passed_over[-1]) == "this line and 989 more name none"


def test_a_file_that_is_not_there_or_no_file_says_so(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        assert [spoken(it) for it in read(path).passed_over] == ["there is no such file"]


def test_a_huge_file_is_read_to_its_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_bytes(b"nameserver 192.0.2.1\n" + b"#" * 65530 + b"\nnameserver 192.0.2.25")
    result = read(path)
    assert [server.host for server in result.servers] == ["192.0.2.1"]
    assert "larger than 65536 octets" in spoken(result.passed_over[0])
