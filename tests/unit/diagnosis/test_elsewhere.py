"""From where else a run may be made: what this machine has is a command, all else a line for another host."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.diagnosis import elsewhere
from probe.facts.model import Facts
from probe.model.target import Endpoint, Options
from tests.support import facts as make

SECOND, SIX = ip_address("198.51.100.99"), ip_address("2001:db8::99")
PAIR = "smtp-probe check bob@sender.example alice@recipient.example"


def standing(*texts: str, options: Options | None = None) -> Facts:
    vantage = make.vantage(addresses=tuple(map(ip_address, texts)))
    return make.facts(vantage=vantage, options=options or Options(ip=make.SOURCE))


def test_a_second_address_of_the_family_is_bound_to() -> None:
    result = elsewhere.from_second_place(standing(str(make.SOURCE), str(SECOND)), "check from {place}: why")
    assert result.command == f"{PAIR} --bind {SECOND}"
    assert result.text == f"check from {SECOND}, another address of this machine: why"


@pytest.mark.parametrize(
    "others", [(), (str(SIX),), ("10.0.0.9",), ("100.64.0.9", "192.168.7.7"), ("127.0.0.5",)], ids=str
)
def test_without_one_the_text_holds_the_line_for_another_host(others: tuple[str, ...]) -> None:
    options = Options(ip=make.SOURCE, helo="mail.sender.example", mta="none", route="mx", port=2525)
    result = elsewhere.from_second_place(
        standing(str(make.SOURCE), *others, options=options), "check from {place}"
    )
    assert result.command is None
    line = f"{PAIR} --helo mail.sender.example --port 2525"
    assert result.text == f"check from a second network of yours; on a host there: {line}"


def test_a_lab_has_no_line_for_another_host() -> None:
    result = elsewhere.from_second_place(replace(standing(), scenario="tmall"), "check from {place}")
    assert (result.command, result.text) == (None, "check from a second network of yours")


def test_the_address_that_mail_leaves_from_is_bound_to_where_it_is_here() -> None:
    options = Options(ip=SECOND)
    here = elsewhere.from_sending_address(standing(str(make.SOURCE), str(SECOND), options=options), "run it")
    assert here.command == f"{PAIR} --bind {SECOND}"
    away = elsewhere.from_sending_address(standing(str(make.SOURCE), options=options), "run it")
    assert (away.command, away.text) == (None, f"run it; there: {PAIR}")


def test_a_resolver_that_was_not_asked_is_named_in_a_family_that_is_here() -> None:
    ask = "ask another resolver, {resolver}"
    first = elsewhere.by_another_resolver(standing(str(make.SOURCE)), ask)
    assert first.command == f"{PAIR} --ip {make.SOURCE} --nameserver 9.9.9.9"
    assert first.text == "ask another resolver, such as 9.9.9.9 (Quad9)"
    options = Options(nameservers=(Endpoint("9.9.9.9", 53),))
    second = elsewhere.by_another_resolver(standing(str(make.SOURCE), options=options), ask)
    assert second.command is not None and second.command.endswith("--nameserver 1.1.1.1")
    six = elsewhere.by_another_resolver(standing(str(SIX)), ask)
    assert six.command is not None and six.command.endswith("--nameserver 2620:fe::fe")


def test_a_family_that_this_machine_lacks_is_not_there() -> None:
    assert elsewhere.has_family(standing(str(make.SOURCE)), 4)
    assert not elsewhere.has_family(standing(str(make.SOURCE)), 6)
    assert elsewhere.has_family(standing(), 6)  # not known
