"""The forms of Exim: options, lists, host lists, the answer of -bt."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.model.address_parse import parse_mailbox
from probe.model.local_tool import Call, ToolCall, ToolOutput, ToolReason, ToolWhy, run_inquiry
from probe.model.sender_mta import Hop, HopKind, SenderMta
from probe.reading.mta.exim import ask_exim
from probe.reading.mta.exim_values import (
    answer_of,
    in_host_list,
    list_of,
    options_of,
    port_of,
    size_of,
)
from probe.wording.spoken import spoken

HOST = Hop("mx.example.net", 25, False, (ip_address("192.0.2.1"),))


def test_options_and_switches() -> None:
    printed = "no_keepalive\nmulti_domain\nport = smtp\nhelo_data =\n"
    assert options_of(printed) == {"keepalive": "no", "multi_domain": "yes", "port": "smtp", "helo_data": ""}


def test_lists() -> None:
    assert list_of("a : b::c : ") == ("a", "b:c")
    assert list_of("<; 192.0.2.10 ; 2001:db8::10") == ("192.0.2.10", "2001:db8::10")
    assert list_of("") == ()


def test_sizes_and_ports() -> None:
    assert [size_of(text) for text in ("50M", "1k", "7", "0", "${x}")] == [52428800, 1024, 7, 0, None]
    assert [port_of(text) for text in ("smtp", "2525", "", "${x}", "99999")] == [25, 2525, 25, None, None]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("", False),
        ("*", True),
        ("*.example.net", True),
        ("mx.example.net", True),
        ("192.0.2.0/24", True),
        ("198.51.100.1", False),
        ("!mx.example.net : *", False),
        ("!other.example", True),
        ("+relays", None),
        ("+relays : *", None),
        ("lsearch;/x", None),
        ("${if x}", None),
    ],
)
def test_host_lists(text: str, held: bool | None) -> None:
    assert in_host_list(text, HOST) is held


def test_hosts_of_the_first_address_alone() -> None:
    printed = (
        "> a@example.net\n  router = dns, transport = remote\n"
        "  host mx1.example.net [192.0.2.1] MX=10\n  host mx2.example.net [2001:db8::1] MX=20 port=2525\n"
        "b@example.org\n  router = dns, transport = remote\n  host mx.example.org [192.0.2.9] MX=1\n> \n"
    )
    tested = answer_of(printed, "a@example.net")
    assert tested is not None
    assert (tested.router, tested.transport, tested.by_mx, tested.new_recipient) == (
        "dns",
        "remote",
        True,
        "",
    )
    assert [(hop.host, hop.port) for hop in tested.hops] == [
        ("mx1.example.net", 0),
        ("mx2.example.net", 2525),
    ]


@pytest.mark.parametrize(
    ("printed", "refused", "deferred", "discarded"),
    [
        ("> a@x.org is undeliverable: Unrouteable address\n> \n", "Unrouteable address", "", ""),
        (
            "> a@x.org cannot be resolved at this time: host lookup did not complete\n",
            "",
            "host lookup did not complete",
            "",
        ),
        ("> mail to a@x.org is discarded\n", "", "", "is discarded"),
    ],
)
def test_what_no_transport_takes(printed: str, refused: str, deferred: str, discarded: str) -> None:
    tested = answer_of(printed, "a@x.org")
    assert tested is not None
    assert tuple(map(spoken, (tested.refusal, tested.deferral, tested.discarded))) == (
        refused,
        deferred,
        discarded,
    )


def test_nothing_said_is_nothing_known() -> None:
    assert answer_of("> \n", "a@x.org") is None
    assert answer_of("", "a@x.org") is None


def test_a_transport_that_was_not_told_in_time_is_not_known_and_no_program() -> None:
    def answer(call: Call) -> ToolOutput:
        if isinstance(call, ToolCall) and "-bV" in call.arguments:
            return ToolOutput("Exim version 4.96 #2 built\n")
        if isinstance(call, ToolCall) and "-bt" in call.arguments:
            return ToolOutput("alice@example.net\n  router = dnslookup, transport = remote_smtp\n")
        if isinstance(call, ToolCall) and "primary_hostname" in call.arguments:
            return ToolOutput("primary_hostname = mail.example.org\n")
        return ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.LATE, seconds=2))

    mta = run_inquiry(
        ask_exim(parse_mailbox("a@example.org"), parse_mailbox("alice@example.net"), ""), answer
    )
    assert isinstance(mta, SenderMta)
    assert mta.route.kind is HopKind.UNKNOWN
    assert "remote_smtp" in spoken(mta.route.reason)
