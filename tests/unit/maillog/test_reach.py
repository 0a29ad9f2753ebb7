"""A host on port 25 that is handed mail for everybody is a relay of one's own; a provider's MX is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from probe.maillog.further import Selection
from probe.maillog.operators import Operators
from probe.maillog.pseudonym import Names
from probe.maillog.reach import DOMAINS, OPERATORS, Reaches
from probe.maillog.report import LogGroup
from probe.maillog.summary import groups
from probe.model.verdict import FixBy
from probe.reading.log.event import Relay
from tests.unit.maillog.made import counted, line

REPLY = "host smtp.isp.example[192.0.2.1] said: {} (in reply to RCPT TO command)"
DENIED = REPLY.format("554 5.7.1 <x@c.example>: Relay access denied")
FULL = REPLY.format("452 4.2.2 mailbox is full")
INFERRED = "That smtp.isp.example is a relay of this server's own (a smart host) is inferred: "
TWO = ("gmail.com", "outlook.com")


def _group(
    domains: Sequence[str], times: int = 1, host: str = "smtp.isp.example[192.0.2.1]:25", words: str = DENIED
) -> LogGroup:
    """The one failure of a log that delivered to these domains, too."""
    rows = [
        line("sent", "250 2.0.0 Ok", f"AA{number:08}", f"u@{domain}", relay=host)
        for number, domain in enumerate([*domains] * times)
    ]
    text = words.replace("smtp.isp.example[192.0.2.1]", host.rpartition(":")[0])
    aggregate = counted([*rows, line("bounced", text, "BB00000001", "x@c.example", relay=host)])
    (row,) = groups(aggregate, Selection(Names(None), ("mail.log",)))
    return row


def test_mail_for_two_providers_whose_servers_are_others_is_a_relays() -> None:
    row = _group(TWO)
    assert row.fix_by is FixBy.SENDER
    assert row.title == "the relay does not take this host for one of its clients"
    assert f"{INFERRED}it is handed mail for gmail.com and outlook.com, whose own mail" in row.action
    assert "'postconf -h relayhost transport_maps'" in row.action


def test_a_full_mailbox_behind_it_is_still_the_recipients() -> None:
    assert _group(TWO, words=FULL).fix_by is FixBy.RECIPIENT


@pytest.mark.parametrize(
    ("domains", "host"),
    [
        (("gmail.com", "a.example", "b.example"), "smtp.isp.example[192.0.2.1]:25"),  # one may have moved
        (("hotmail.com", "outlook.com", "msn.com"), "smtp.isp.example[192.0.2.1]:25"),  # one provider's
        (("a.example",) * 4, "smtp.isp.example[192.0.2.1]:25"),
        (("gmail.com", "googlemail.com", "a.example"), "gmail-smtp-in.l.google.com[192.0.2.1]:25"),
        (("outlook.com", "a.example"), "a-example.mail.protection.outlook.com[192.0.2.1]:25"),
    ],
)
def test_the_mx_of_many_domains_is_none(domains: Sequence[str], host: str) -> None:
    row = _group(domains, host=host)
    assert row.fix_by is FixBy.RECIPIENT_ADMIN
    assert "inferred" not in row.action


def test_a_host_at_a_private_address_is_in_ones_own_network() -> None:
    row = _group(("a.example", "b.example"), host="gateway[10.0.0.5]:25")
    assert "it has a private address and is handed mail for 3 domains" in row.action
    assert row.fix_by is FixBy.SENDER


def test_all_mail_of_a_log_for_many_domains_goes_by_a_relay() -> None:
    domains = [f"{name}.example" for name in "defgh"]
    assert "all mail of the log goes there, for 6 domains" in _group(domains, times=6).action
    assert "inferred" not in _group(domains, times=1).action, "too few to tell"
    provider = _group(domains, times=6, host="aspmx.l.google.com[192.0.2.1]:25")
    assert "inferred" not in provider.action, "a provider's own hosts take mail for many"


def test_another_operator_in_the_log_is_against_it() -> None:
    domains = [f"{name}.example" for name in "defgh"]
    rows = [
        line("sent", "250 Ok", f"AA{number:08}", f"u@{domain}", relay="smtp.isp.example[192.0.2.1]:25")
        for number, domain in enumerate(domains * 6)
    ]
    rows += [line("sent", "250 Ok", "CC00000001", "u@z.example", relay="mx.z.example[192.0.2.9]:25")]
    aggregate = counted(rows)
    assert aggregate.reaches.smart_hosts(aggregate.volumes) == {}


def test_what_is_remembered_is_limited() -> None:
    reaches, operators = Reaches(), Operators()
    for number in range(OPERATORS + 50):
        host = f"mx.d{number}.example"
        reaches.note(operators.of_host(host), Relay(host, "192.0.2.1", 25), "a.example")
    for number in range(DOMAINS + 50):
        reaches.note(operators.of_host("mx.d0.example"), Relay("mx.d0.example"), f"d{number}.example")
    assert len(reaches._by_id) == OPERATORS
    assert max(len(it.domains) for it in reaches._by_id.values()) == DOMAINS
