"""The address that a server names is read only where its words say that it is the client's."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any

import pytest

from probe.knowledge.client_address import Where, address_forms
from probe.knowledge.toml_import import HERE, load
from probe.model.reply import Reply, Stage
from probe.reading.reply.client_address import client_address, client_in_refusal

ROWS: list[dict[str, Any]] = load(HERE / "client_address.toml")["form"]
HELLO = "mx.example.org Hello mail.example.net "


def reply(text: str, where: str) -> tuple[Reply, Stage]:
    if where == Where.EHLO:
        return Reply(250, None, (text, "PIPELINING")), Stage.EHLO
    return Reply(554, None, (text,)), Stage.GREETING if where == Where.GREETING else Stage.RCPT


@pytest.mark.parametrize(
    ("where", "text", "ip"),
    [(row["where"], it["text"], it["ip"]) for row in ROWS for it in row["examples"]],
)
def test_the_address_of_every_example_is_read(where: str, text: str, ip: str) -> None:
    assert client_address(*reply(text, where)) == ip_address(ip)


@pytest.mark.parametrize(("where", "text"), [(row["where"], text) for row in ROWS for text in row["counter"]])
def test_no_counter_example_names_the_client(where: str, text: str) -> None:
    assert client_address(*reply(text, where)) is None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_every_example_is_that_of_its_own_form(row: dict[str, Any]) -> None:
    form = next(it for it in address_forms() if it.id == row["id"])
    for example in row["examples"]:
        text = example["text"]
        assert re.search(form.pattern, text, re.IGNORECASE), text
        assert any(word in text.lower() for word in form.needs), text
    assert not any(re.search(form.pattern, text, re.IGNORECASE) for text in row["counter"])
    assert row["source"] and row["by"]


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("EHLO [10.0.0.5]", "mx.example.org Hello [10.0.0.5]"),
        ("EHLO [192.0.2.1]", "mx.example.org Hello [192.0.2.1]"),
        ("HELO [IPv6:2001:db8::1]", "mx.example.org Hello [IPv6:2001:db8::1]"),
    ],
)
def test_what_the_client_itself_said_proves_nothing(sent: str, text: str) -> None:
    assert client_address(Reply(250, None, (text,)), Stage.EHLO, sent=sent) is None


def test_behind_what_the_client_said_the_server_names_what_it_sees() -> None:
    answer = Reply(250, None, ("mx.example.org Hello [10.0.0.5] [192.0.2.1]",))
    assert client_address(answer, Stage.EHLO, sent="EHLO [10.0.0.5]") == ip_address("192.0.2.1")


def test_the_servers_own_address_is_not_the_clients() -> None:
    answer = Reply(554, None, ("[198.51.100.2] no service",))
    assert client_address(answer, Stage.GREETING, server=ip_address("198.51.100.2")) is None
    assert client_address(answer, Stage.GREETING) == ip_address("198.51.100.2")


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.QUIT, Stage.GREETING])
def test_a_positive_reply_at_another_stage_than_ehlo_names_no_address(stage: Stage) -> None:
    assert client_address(Reply(250, None, (f"{HELLO}[192.0.2.1]",)), stage) is None


def test_only_the_first_line_of_the_answer_to_ehlo_counts() -> None:
    assert client_address(Reply(250, None, ("mx", f"{HELLO}[192.0.2.1]")), Stage.EHLO) is None


def test_two_different_addresses_in_one_reply_name_none() -> None:
    text = "client host [192.0.2.1] blocked, see https://bl.example/?ip=192.0.2.2"
    assert client_in_refusal(text) is None
    assert client_in_refusal(text.replace("0.2.2", "0.2.1")) == ip_address("192.0.2.1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "550 5.7.1 Access denied",
        "550 5.7.1 listed with code 127.0.0.2",
        "550 5.7.1 [192.0.2.1]",
        "550 5.1.1 user 192.0.2.1 unknown",
        "your ip address 999.1.2.3 is bad",
        "your ip 192.0.2.1.example.net is bad",
        "client host [::::1] blocked",
        "sending ip 1.2.3",
        "ip=::",
    ],
)
def test_what_names_no_clients_address_is_left_alone(text: str) -> None:
    assert client_in_refusal(text) in (None, ip_address("::"))


def test_a_long_reply_is_read_in_time_that_grows_with_its_length() -> None:
    for text in ("hello [" * 4000, "your ip " * 4000, "ip=" * 20000, "[1 " * 9000, "reverse dns for " * 2000):
        assert client_in_refusal(text) is None
        assert client_address(Reply(250, None, (text,)), Stage.EHLO) is None
