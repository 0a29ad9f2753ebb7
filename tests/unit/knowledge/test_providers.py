"""Providers are recognised label by label, and their data is complete."""

from __future__ import annotations

from datetime import date

import pytest

from probe.knowledge.names import is_within
from probe.knowledge.providers import (
    Provider,
    all_providers,
    by_domain,
    by_id,
    by_mx_hosts,
    domain_notes,
    operator,
    operator_of,
)

EACH = pytest.mark.parametrize("provider", all_providers(), ids=lambda it: it.id)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("aspmx.l.google.com", "google"),
        ("ALT1.ASPMX.L.GOOGLE.COM.", "google"),
        ("smtp.google.com", "google"),
        ("example-com.mail.protection.outlook.com", "m365"),
        ("outlook-com.olc.protection.outlook.com", "ms-consumer"),
        ("example-com.a-v1.mx.microsoft", "m365-dane"),
        ("mta7.am0.yahoodns.net", "yahoo"),
        ("mx3.qq.com", "qq"),
        ("mxbiz1.qq.com", "exmail"),
        ("163mx01.mxmail.netease.com", "netease"),
        ("qiye163mx02.mxmail.netease.com", "netease-qiye"),
        ("mx1.qiye.aliyun.com", "aliyun-qiye"),
        ("mx1.sg.aliyun.com", "aliyun-intl"),
        ("mx1.alibaba-inc.com", "alibaba-inc"),
        ("inbound-smtp.eu-west-1.amazonaws.com", "workmail"),
        ("mx00.ionos.de", "ionos"),
        ("mx0a-00112233.pphosted.com", "proofpoint"),
    ],
)
def test_an_mx_host_tells_the_provider(host: str, expected: str) -> None:
    provider = by_mx_hosts([host])
    assert provider is not None
    assert provider.id == expected


@pytest.mark.parametrize(
    "host",
    [
        "mx.evilgoogle.com",
        "evilgoogle.com",
        "google.com.evil.example",
        "xmx1.qq.com",
        "notmxmail.netease.com",
        "inbound-smtp.a.b.amazonaws.com",
        "com",
        "",
        ".",
        "mail.example.org",
    ],
)
def test_a_look_alike_host_is_nobody(host: str) -> None:
    assert by_mx_hosts([host]) is None


def test_the_first_known_host_in_order_of_preference_decides() -> None:
    provider = by_mx_hosts(["mail.example.org", "mx0a-1.pphosted.com", "aspmx.l.google.com"])
    assert provider is not None
    assert provider.id == "proofpoint"
    assert by_mx_hosts([]) is None


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("gmail.com", "google"),
        ("googlemail.com", "google"),
        ("hotmail.com", "ms-consumer"),
        ("aol.com", "yahoo"),
        ("me.com", "apple"),
        ("foxmail.com", "qq"),
        ("126.com", "netease"),
        ("sina.com", "sina"),
        ("aliyun.com", "aliyun-free"),
        ("web.de", "gmx"),
        ("mail.ru", "mailru"),
        ("Yandex.RU.", "yandex"),
        ("tmall.com", "alibaba-group"),
    ],
)
def test_a_mailbox_domain_tells_the_provider(domain: str, expected: str) -> None:
    provider = by_domain(domain)
    assert provider is not None
    assert provider.id == expected


@pytest.mark.parametrize("domain", ["mail.gmail.com", "evilgmail.com", "example.com", ""])
def test_other_domains_are_nobodys(domain: str) -> None:
    assert by_domain(domain) is None


@pytest.mark.parametrize(
    ("hosts", "domain", "greeting", "expected"),
    [
        (
            ["mail.own.example", "mx0a-1.pphosted.com"],
            "gmail.com",
            "mx.google.com ESMTP",
            ("proofpoint", "mx"),
        ),
        (["mail.own.example"], "web.de", "mx.google.com ESMTP x", ("gmx", "domain")),
        (["mail.own.example"], "own.example", "mx.google.com ESMTP x - gsmtp", ("google", "greeting")),
        (
            ["mail.own.example"],
            "own.example",
            "w01abcde.kasserver.com ESMTP Postfix",
            ("all-inkl", "greeting"),
        ),
        (
            ["mail.own.example"],
            "own.example",
            "mail1 ESMTP welcome to HanMail.Net(tm) ready",
            ("daum", "greeting"),
        ),
        (["mx1.mail.own.example", "mx2.other.example"], "own.example", "", ("own.example", "name")),
        (["MX.Some.Host.CO.UK."], "", "", ("host.co.uk", "name")),
        (
            ["mail.own.example"],
            "",
            "mail.own.example Microsoft ESMTP MAIL Service ready",
            ("own.example", "name"),
        ),
        (["mail.own.example"], "", "mail.own.example ESMTP Postfix", ("own.example", "name")),
        (["localhost"], "", "", ("localhost", "name")),
    ],
)
def test_the_operator_is_told_by_mx_domain_greeting_and_then_by_name(
    hosts: list[str], domain: str, greeting: str, expected: tuple[str, str]
) -> None:
    provider = operator(hosts, domain=domain, greeting=greeting)
    assert provider is not None
    assert (provider.key, provider.known_by) == expected
    assert (provider.provider is None) == (provider.known_by == "name")


def test_without_a_host_and_without_a_word_there_is_no_operator() -> None:
    assert operator([]) is None
    assert operator([""], greeting=" ") is None
    provider = operator([], domain="gmail.com")
    assert provider is not None and provider.key == "google"


def test_one_host_has_the_same_operator_as_its_domain() -> None:
    assert operator_of("mx0a-1.pphosted.com") == "proofpoint"
    assert operator_of("mail.town.example") == operator_of("mx2.town.example.") == "town.example"


@EACH
def test_every_suffix_of_a_provider_leads_to_it(provider: Provider) -> None:
    for suffix in provider.mx_suffixes:
        host = suffix.replace("*", "eu-west-1")
        assert operator_of(host) == provider.id
        assert operator_of(f"mx7.{host}.") == provider.id
        parent = host.partition(".")[2]
        if by_mx_hosts([parent]) is not provider:
            assert operator_of(f"not{host}") != provider.id
    for text in provider.greetings:
        texts = operator([], greeting=f"mail.own.example {text}")
        assert (texts is not None and texts.key == provider.id) == provider.greeting_tells


def test_ids_hosts_and_domains_are_unique() -> None:
    providers = all_providers()
    suffixes = [suffix for it in providers for suffix in it.mx_suffixes]
    domains = [domain for it in providers for domain in it.domains]
    assert len({it.id for it in providers}) == len(providers) >= 300
    assert len(set(suffixes)) == len(suffixes)
    assert len(set(domains)) == len(domains)


@EACH
def test_every_provider_is_complete_and_sourced(provider: Provider) -> None:
    assert by_id(provider.id) is provider
    assert provider.title
    assert provider.source
    assert provider.kind in ("mailbox", "gateway", "forwarder", "software")
    assert provider.rcpt_value in ("high", "medium", "low", "unknown")
    assert provider.confirmed in ("yes", "partial")  # what is only remembered is left out
    assert len(provider.country) in (0, 2)
    assert len(provider.language) in (0, 2)
    assert date.fromisoformat(provider.checked)
    assert provider.mx_suffixes or provider.domains or provider.greetings
    assert provider.desk is None or provider.desk[1].startswith(("https://", "http://"))
    for name in (*provider.mx_suffixes, *provider.domains):
        assert name == name.lower().strip(".")
        assert "." in name


def test_those_that_refuse_the_null_reverse_path_are_marked() -> None:
    marked = {it.id for it in all_providers() if it.refuses_null_sender}
    assert marked == {"qq", "exmail", "netease", "netease-qiye", "coremail"}


def test_chinese_providers_have_their_country() -> None:
    for name in (
        "qq",
        "exmail",
        "netease",
        "netease-qiye",
        "sina",
        "sohu",
        "263",
        "139",
        "189",
        "aliyun-qiye",
    ):
        assert by_id(name).country == "CN"


def test_notes_on_a_domain_are_dated_and_sourced_and_never_name_its_mx() -> None:
    notes = domain_notes("tmall.com")
    assert len(notes) >= 3
    assert [it.date for it in notes] == sorted(it.date for it in notes)
    assert all(it.source and date.fromisoformat(it.date) for it in notes)
    assert domain_notes("example.com") == ()
    assert by_id("alibaba-group").mx_suffixes == ()


@pytest.mark.parametrize(
    ("name", "suffix", "expected"),
    [
        ("a.b.example", "b.example", True),
        ("b.example", "B.Example.", True),
        ("xb.example", "b.example", False),
        ("example", "b.example", False),
        ("x.mid.example", "x.*.example", True),
        ("x.mid.mid.example", "x.*.example", False),
        ("anything.example", "", False),
    ],
)
def test_names_match_label_by_label(name: str, suffix: str, expected: bool) -> None:
    assert is_within(name, suffix) is expected
