"""What `check` and `domain` ask first: one question, once, and only where the run would ask it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from probe import run
from probe.cli import choices, signals
from probe.cli.delivery import Delivery
from probe.cli.session import run_live
from probe.knowledge.machine import controls
from probe.model.target import DomainTarget, Endpoint, Options
from probe.net.early_question import EarlyQuestion
from tests.cli.command import smtp_probe

PAIR = ("bob@example.com", "alice@example.net")


@contextmanager
def name_server(host: str = "127.0.0.1") -> Iterator[tuple[str, list[str]]]:
    """One that knows of top-level domains and large mail domains, and says NXDOMAIN to all else: IP:PORT, and
    what it was asked."""
    queries: list[str] = []
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as listener:
        listener.bind((host, 0))

        def serve() -> None:
            while True:
                data, sender = listener.recvfrom(4096)
                if not data:
                    return
                query = dns.message.from_wire(data)
                (question,) = query.question
                queries.append(f"{dns.rdatatype.to_text(question.rdtype)} {question.name}")
                reply = dns.message.make_response(query, recursion_available=True)
                rtype = dns.rdatatype.to_text(question.rdtype)
                if rtype == "NS" or (rtype == "MX" and question.name.to_text(True) in controls().many):
                    target = {"NS": "a.nic.", "MX": "10 mx.example.org."}[rtype]
                    reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", rtype, target))
                else:
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                    top = dns.name.Name(question.name.labels[-2:])
                    reply.authority.append(
                        dns.rrset.from_text(top, 60, "IN", "SOA", "a.nic. b.nic. 1 60 60 60 60")
                    )
                listener.sendto(reply.to_wire(), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        try:
            yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}", queries
        finally:
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"", (host, port))
            thread.join()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("check", *PAIR), "example.net"),
        (("check", *PAIR, "--no-smtp"), "example.net"),
        (("check", *PAIR, "--format", "json", "--timeout", "50"), "example.net"),
        (("check", "<>", "alice@bücher.example"), "xn--bcher-kva.example"),
        (("domain", "example.net"), "example.net"),
        (("domain", "example.net", "--no-smtp"), "example.net"),
        (("example.net@example.com", "alice@example.net"), "example.net"),
    ],
)
def test_the_mx_question_comes_first_and_once(arguments: tuple[str, ...], name: str) -> None:
    with name_server() as (server, queries):
        outcome = smtp_probe(*arguments, "--nameserver", server)
    assert outcome.code == 1
    assert queries[0] == f"MX {name}."
    assert len(queries) == len(set(queries)), "nothing is asked twice"


def test_a_name_server_with_an_ipv6_address_is_asked_once() -> None:
    with name_server("::1") as (server, queries):
        assert smtp_probe("check", *PAIR, "--nameserver", server).code == 1
    assert queries.count("MX example.net.") == 1


def test_of_two_name_servers_the_first_is_asked() -> None:
    with name_server() as (first, queries), name_server() as (second, others):
        assert smtp_probe("check", *PAIR, "--nameserver", first, "--nameserver", second).code == 1
    assert queries.count("MX example.net.") == 1
    assert others == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "<>", "alice@[192.0.2.1]"),
        ("check", *PAIR, "--mx", "192.0.2.1"),
        ("check", *PAIR, "--mx", "mx.example.org"),
        ("domain", "[192.0.2.1]"),
    ],
)
def test_where_the_route_is_given_no_mx_of_the_recipient_is_asked(arguments: tuple[str, ...]) -> None:
    with name_server() as (server, queries):
        smtp_probe(*arguments, "--nameserver", server, "--no-smtp", "--no-dnsbl", "--timeout", "5")
    assert "MX example.net." not in queries
    assert not any(it.startswith(("MX 192.0.2.1", "MX [")) for it in queries)
    assert len(queries) == len(set(queries))


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "bob@example.com", "alice"),
        ("check", "bob@example.com", "alice@exa_mple..net"),
        ("check", *PAIR, "--ip", "nowhere"),
        ("check", *PAIR, "--bind", "192.0.2.1"),
        ("check", *PAIR, "--format", "jsno"),
        ("check", *PAIR, "--tls", "perhaps"),
        ("check", *PAIR, "-o", "/no/such/place/report"),
        ("check", *PAIR, "--record", "/no/such/place/run.jsonl"),
        ("check", *PAIR, "--record", "same", "-o", "same"),
        ("check", *PAIR, "--message", "/no/such/message.eml"),
        ("check", *PAIR, "--severities", "/no/such/table.toml"),
        ("check", *PAIR, "--queue-id", "4Abc"),
        ("check", *PAIR, "--timeout", "0"),
        ("check", *PAIR, "--nameserver", "dns.example"),
        ("check", *PAIR, "--no-such-option"),
        ("domain", "exa mple.net"),
        ("domain", "example.net", "--timeout", "never"),
    ],
)
def test_a_line_that_is_refused_asks_nothing(arguments: tuple[str, ...]) -> None:
    with name_server() as (server, queries):
        outcome = smtp_probe(*arguments, "--nameserver", server)
    assert (outcome.code, outcome.stdout, queries) == (2, "", [])


def test_past_its_time_a_run_asks_nothing() -> None:
    with name_server() as (server, queries):
        outcome = smtp_probe("check", *PAIR, "--nameserver", server, "--timeout", "0.001")
    assert (outcome.code, queries) == (4, [])


def test_a_replay_asks_nothing(tmp_path: Path) -> None:
    with name_server() as (server, queries):
        recording = tmp_path / "run.jsonl"
        smtp_probe("check", *PAIR, "--nameserver", server, "--record", str(recording))
        assert queries
        queries.clear()
        smtp_probe("replay", str(recording))
        assert queries == []


def test_the_recording_has_it_as_any_other(tmp_path: Path) -> None:
    from probe.recording import events as ev
    from probe.recording.file import load

    path = tmp_path / "run.jsonl"
    with name_server() as (server, _):
        smtp_probe("check", *PAIR, "--nameserver", server, "--no-dnsbl", "--record", str(path))
    first = next(iter(load(path).all(ev.DnsAnswered)))
    assert (first.answer.question.name, first.answer.question.rtype.value) == ("example.net", "MX")
    assert first.answer.provenance is not None
    assert 0 <= first.answer.elapsed_ms <= first.at_ms + 1, "it was not sent before the run began"


def test_a_run_that_is_interrupted_before_it_has_a_resolver_closes_the_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = DomainTarget("example.net")
    sent: list[EarlyQuestion] = []

    def send() -> EarlyQuestion | None:
        early = run.ask_first(target, options)
        assert early is not None
        sent.append(early)
        return early

    destination = choices.destination("line", None, quiet=True, verbose=False, pager=False)
    delivery = Delivery(destination, subject="a-test")
    monkeypatch.setattr(signals, "is_end_wanted", lambda: True)
    with name_server() as (server, queries):
        host, _, port = server.rpartition(":")
        options = Options(nameservers=(Endpoint(host, int(port)),))
        with pytest.raises(KeyboardInterrupt):
            run_live(lambda hooks: run.observe(target, options, early=hooks.early), delivery, send)
    assert queries == ["MX example.net."]
    assert [early.socket.fileno() for early in sent] == [-1]
