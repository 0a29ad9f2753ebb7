"""The forms of Postfix: lists, tables, next hops, TLS policies."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address

import pytest

from probe.model.local_tool import Call, ToolOutput, ToolReason, ToolWhy, run_inquiry
from probe.model.sender_mta import Hop, TlsLevel
from probe.reading.mta.postfix_client import address_of, families_of, helo_of, policy_keys, tls_of
from probe.reading.mta.postfix_route import Envelope, Routing
from probe.reading.mta.postfix_tables import with_files
from probe.reading.mta.postfix_values import (
    Table,
    address_keys,
    commands_of,
    first_entry,
    hops_of,
    overrides_of,
    parents_of,
    settings_of,
    tables_of,
    words_of,
)
from probe.wording.spoken import spoken

ASKED = Envelope("bob@example.org", "alice@example.net")


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("", ()),
        ("a, b\tc", ("a", "b", "c")),
        ("inline:{ {a = b}, c=d }, hash:/x", ("inline:{ {a = b}, c=d }", "hash:/x")),
        ("a{b c", ("a{b c",)),
        ("}a", ("}a",)),
    ],
)
def test_what_stands_in_braces_is_one_item(value: str, items: tuple[str, ...]) -> None:
    assert words_of(value) == items


def test_tables_are_told_from_names_and_files() -> None:
    named = [
        table.name for table in tables_of("example.net, /etc/list, !example.org, hash:/x, proxy:mysql:/y")
    ]
    assert named == ["hash:/x", "proxy:mysql:/y"]
    assert Table("proxy:mysql:/y").askable == "mysql:/y"


@pytest.mark.parametrize(
    ("text", "hops"),
    [
        ("[relay.example.org]", (Hop("relay.example.org", 25),)),
        ("relay.example.org:smtp", (Hop("relay.example.org", 25, True),)),
        ("[relay.example.org]:submission", (Hop("relay.example.org", 587),)),
        ("[192.0.2.1]:2525", (Hop("192.0.2.1", 2525, False, (ip_address("192.0.2.1"),)),)),
        ("[ipv6:2001:db8::1]", (Hop("2001:db8::1", 25, False, (ip_address("2001:db8::1"),)),)),
        ("[a.example], b.example", (Hop("a.example", 25), Hop("b.example", 25, True))),
        ("[a.example]:0", ()),
        ("[a.example]:nosuch", ()),
        ("unix:/run/lmtp", ()),
        ("", ()),
    ],
)
def test_next_hops(text: str, hops: tuple[Hop, ...]) -> None:
    assert hops_of(text) == hops


def test_a_key_goes_before_a_table_and_patterns_take_whole_addresses_alone() -> None:
    tables = tables_of("pcre:/p, hash:/h")
    keys = ("alice@example.net", "example.net")
    assert first_entry(tables, keys, {"pcre:/p": {"example.net": "no"}}) is None
    both = {"pcre:/p": {"alice@example.net": "p"}, "hash:/h": {"alice@example.net": "h"}}
    assert first_entry(tables, keys, both) == ("p", "pcre:/p")
    assert first_entry(tables, keys, {"hash:/h": {"example.net": "h"}}) == ("h", "hash:/h")


def test_keys_of_addresses_and_domains() -> None:
    assert address_keys("a+b@x.org", "+-") == ("a+b@x.org", "a@x.org")
    assert address_keys("+b@x.org", "+") == ("+b@x.org",)
    assert tuple(parents_of("a.b.org", with_dot=True)) == ("a.b.org", ".b.org", ".org")
    assert tuple(parents_of("a.b.org", with_dot=False)) == ("a.b.org", "b.org", "org")


def test_printed_parameters_services_and_overrides() -> None:
    assert settings_of("relayhost =\nmyhostname = a = b\npostconf: warning\n") == {
        "relayhost": "",
        "myhostname": "a = b",
    }
    assert commands_of("smtp  inet n - y - - smtpd\nsmtp  unix - - y - - smtp -o a=b\n") == {"smtp": "smtp"}
    assert overrides_of("smtp/inet/a = 1\nsmtp/unix/a = 2\nrelay/unix/a = 3\n", "smtp") == (("a", "2"),)


@pytest.mark.parametrize(
    ("interfaces", "address", "reason"),
    [
        ("192.0.2.10, 2001:db8::10", "192.0.2.10", ""),
        ("192.0.2.10, 192.0.2.11", None, "the system chooses among them"),
        ("127.0.0.1", None, "the system chooses among them"),
        ("192.0.2.10, 127.0.0.1", None, "the system chooses among them"),
        ("all", None, "not set: the system chooses"),
        ("localhost", None, "not set: the system chooses"),
        ("mail.example.org", None, "the addresses of mail.example.org were not looked up"),
    ],
)
def test_the_only_interface_of_a_family_is_connected_from(
    interfaces: str, address: str | None, reason: str
) -> None:
    fact = address_of({"inet_interfaces": interfaces}, 4, "postconf smtp_bind_address")
    assert (str(fact.value) if fact.value else None, spoken(fact.reason)) == (address, reason)


def test_an_address_of_the_other_family_is_not_taken() -> None:
    fact = address_of({"smtp_bind_address": "2001:db8::1"}, 4, "x")
    assert fact.value is None
    assert "no IPv4 address" in spoken(fact.reason)


def test_families() -> None:
    assert families_of({"inet_protocols": "ipv4, ipv6"}).usable == (4, 6)
    only = families_of({"inet_protocols": "ipv6", "smtp_address_preference": "ipv4"})
    assert (only.usable, only.preferred) == ((6,), None)


def test_an_empty_helo_name_is_myhostname_and_an_unexpanded_one_is_not_known() -> None:
    assert helo_of({"smtp_helo_name": "", "myhostname": "a.example"}, "s").value == "a.example"
    assert helo_of({"smtp_helo_name": "$nosuch", "myhostname": "a.example"}, "s").value is None


@pytest.mark.parametrize(
    ("values", "level", "names"),
    [
        ({"smtp_tls_security_level": "dane", "smtp_dns_support_level": "dnssec"}, TlsLevel.DANE, ()),
        (
            {"smtp_tls_security_level": "fingerprint", "smtp_tls_fingerprint_cert_match": "A|B"},
            "fingerprint",
            2,
        ),
        (
            {"smtp_tls_security_level": "SECURE", "smtp_tls_secure_cert_match": "nexthop, dot-nexthop"},
            "secure",
            2,
        ),
        ({"smtp_enforce_tls": "yes", "smtp_tls_verify_cert_match": "hostname"}, TlsLevel.VERIFY, 1),
        ({"smtp_enforce_tls": "yes", "smtp_tls_enforce_peername": "no"}, TlsLevel.ENCRYPT, 0),
        ({"smtp_use_tls": "yes"}, TlsLevel.MAY, 0),
        ({}, TlsLevel.NONE, 0),
    ],
)
def test_the_level_of_tls(values: dict[str, str], level: TlsLevel | None, names: object) -> None:
    policy = tls_of(values, "example.net", {}, "s")
    assert policy.level == level
    assert names in ((), len(policy.names))
    assert not policy.reason


@pytest.mark.parametrize(
    ("level", "support", "comes_to"),
    [
        ("nonsense", "dnssec", TlsLevel.INVALID),
        ("invalid", "dnssec", TlsLevel.INVALID),
        ("dane", "enabled", TlsLevel.MAY),
        ("dane-only", "enabled", TlsLevel.INVALID),
        ("encrypt", "enabled", TlsLevel.ENCRYPT),
    ],
)
def test_a_level_that_cannot_hold_comes_to_another(level: str, support: str, comes_to: TlsLevel) -> None:
    policy = tls_of({"smtp_tls_security_level": level, "smtp_dns_support_level": support}, "x.org", {}, "s")
    assert policy.level is comes_to
    assert bool(policy.reason) == (policy.level.value != level or level == "invalid")


@pytest.mark.parametrize(
    ("values", "roots"),
    [
        ({}, ""),
        ({"tls_append_default_CA": "yes"}, None),
        ({"smtp_tls_CApath": "/certs"}, "/certs"),
        ({"smtp_tls_CApath": "/certs", "smtp_tls_CAfile": "/ca.pem"}, "/ca.pem"),
        ({"smtp_tls_trust_anchor_file": "/ta.pem", "smtp_tls_CAfile": "/ca.pem"}, "/ta.pem"),
    ],
)
def test_whom_postfix_trusts(values: dict[str, str], roots: str | None) -> None:
    """Without a file of authorities it trusts nobody, whatever the system does."""
    assert tls_of({"smtp_tls_security_level": "verify", **values}, "x.org", {}, "s").roots == roots
    by_table = {"smtp_tls_policy_maps": "hash:/p", **values}
    policy = tls_of(by_table, "x.org", {"hash:/p": {"x.org": "secure tafile=/own.pem match=a:b"}}, "s")
    assert policy.roots == (None if roots is None else "/own.pem")
    assert policy.names == ("a", "b")


def test_a_policy_goes_before_the_level_and_is_looked_up_by_the_next_hop() -> None:
    values = {"smtp_tls_policy_maps": "hash:/p", "smtp_tls_security_level": "may"}
    result = {"hash:/p": {".net": "verify match=a.example:b.example"}}
    policy = tls_of(values, "mx.example.net", result, "s")
    assert (policy.level, policy.names) == (TlsLevel.VERIFY, ("a.example", "b.example"))
    assert policy_keys("[Relay.example.org]:587") == ("[relay.example.org]:587",)
    assert tls_of(values, "x.org", {"hash:/p": {"x.org": "broken"}}, "s").level is TlsLevel.INVALID


def test_dunno_leaves_the_relayhost_as_it_is() -> None:
    values = {
        "sender_dependent_relayhost_maps": "hash:/s",
        "sender_dependent_default_transport_maps": "hash:/t",
        "relayhost": "[relay.example.org]",
        "default_transport": "relay",
    }
    result = {"hash:/s": {"bob@example.org": "DUNNO"}, "hash:/t": {"bob@example.org": "dunno"}}
    resolved = Routing(values, ASKED).resolved(result)
    assert (resolved.transport, resolved.nexthop) == ("relay", "[relay.example.org]")


def test_a_negated_name_takes_the_domain_out_of_a_list() -> None:
    values = {"mydestination": "!example.net, hash:/own", "default_transport": "smtp"}
    result = {"hash:/own": {"example.net": "x"}}
    assert Routing(values, ASKED).resolved(result).transport == "smtp"
    assert Routing({"mydestination": "hash:/own"}, ASKED).resolved(result).sources == ("mydestination",)


def test_files_stand_in_lists_for_what_they_hold() -> None:
    files = {"/away": "a.example b.example\n", "/own": "# c.example is gone\nd.example,\n e.example\n"}
    values = {"mydestination": "!/away, here.example /own", "relay_domains": "hash:/x", "relayhost": "/y"}
    inquiry = with_files(values, ("mydestination", "relay_domains"))
    result, why = run_inquiry(inquiry, lambda call: ToolOutput(files[call.path]))  # type: ignore[union-attr]
    assert result["mydestination"] == "!a.example !b.example here.example d.example e.example"
    assert (result["relay_domains"], result["relayhost"], why) == ("hash:/x", "/y", None)


def _whatever(output: ToolOutput, _: Call) -> ToolOutput:
    return output


def test_a_file_that_cannot_be_read_or_names_another_leaves_the_route_open() -> None:
    late = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.LATE, seconds=2))
    for output, says in ((late, "/own could not be read"), (ToolOutput("/more\n"), "/more was not read")):
        inquiry = with_files({"relay_domains": "/own"}, ("relay_domains",))
        _, why = run_inquiry(inquiry, partial(_whatever, output))
        assert says in spoken(why)
