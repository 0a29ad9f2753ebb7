"""The lab as a whole: scenarios as data, servers that come up and go away."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import pytest

from probe import lab
from probe.lab import certificates
from probe.lab.https_server import serve_policies
from probe.lab.scenario import Tls, _merge
from probe.model.address import Mailbox
from probe.model.target import TlsMode
from probe.net.clock import Clock
from probe.net.https import fetch
from probe.net.resolver import Resolver
from probe.run import observe, report_of
from probe.standards.dns.message import Question, RecordType, Status
from tests.support.patience import PATIENCE

PROMISED = {
    "tmall",
    "healthy",
    "unknown-user",
    "greylisting",
    "listed-ip",
    "spf-fail",
    "mailbox-full",
    "null-mx",
    "rate-limit",
    "tls-required",
    "catch-all",
}


def test_the_default_scenario_comes_first_and_the_promised_ones_are_there() -> None:
    identities = [scenario.id for scenario in lab.scenarios()]
    assert identities[0] == lab.DEFAULT
    assert set(identities) >= PROMISED
    assert len(set(identities)) == len(identities)


def test_an_unknown_scenario_is_none_and_near_names_what_was_meant() -> None:
    assert lab.scenario("gray-listing") is None
    assert lab.near("gray-listing") == ("greylisting",)
    assert lab.near("Grey") == ("greylisting",)
    assert lab.near("qqqq") == lab.identities()


def test_a_scenario_s_name_is_not_a_path() -> None:
    assert lab.scenario("../scenarios/tmall") is None
    assert lab.scenario("common") is None


@pytest.mark.parametrize("identity", lab.identities())
def test_a_scenario_says_what_it_teaches(identity: str) -> None:
    scenario = lab.load(identity)
    assert scenario.title
    assert len(scenario.summary) > 60
    assert isinstance(scenario.target.reverse_path, Mailbox)


def test_own_records_take_the_place_of_common_ones_of_the_same_name_and_type() -> None:
    common = 'a.test. TXT "old"\na.test. MX 10 mx.a.test.\nb.test. A 192.0.2.1'
    assert _merge(common, 'A.test. TXT "new"\nb.test. NONE A').splitlines() == [
        "a.test. MX 10 mx.a.test.",
        'A.test. TXT "new"',
    ]


async def test_a_lab_leaves_nothing_behind() -> None:
    async with lab.serve(lab.load("mta-sts-enforce")) as it:
        assert it.world.tls_roots is not None
        roots = Path(it.world.tls_roots)
        assert roots.exists()
        fetch = it.world.fetch
        assert isinstance(fetch, partial)
        port, https_port, (nameserver,) = it.options.port, fetch.keywords["port"], it.options.nameservers
        assert nameserver.host == "127.0.0.1"
    assert not roots.parent.exists()
    for closed in (port, https_port, nameserver.port):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", closed)


async def test_a_lab_ends_although_a_client_holds_on() -> None:
    async with lab.serve(lab.load("healthy")) as it:
        reader, writer = await asyncio.open_connection("127.0.0.1", it.options.port)
        await reader.readline()
    assert await reader.read() == b""
    writer.close()


async def test_two_labs_run_side_by_side() -> None:
    async with lab.serve(lab.load("null-mx")) as one, lab.serve(lab.load("healthy")) as other:
        question = Question("nomail.example", RecordType.MX)
        async with Resolver(one.options.nameservers) as resolver:
            assert (await resolver.ask((question,)))[0].status is Status.ANSWER
        async with Resolver(other.options.nameservers) as resolver:
            assert (await resolver.ask((question,)))[0].status is Status.NXDOMAIN


@pytest.mark.parametrize(
    ("identity", "verdict"),
    [
        ("healthy", ("accepted", None, 0)),
        ("dane", ("accepted", None, 0)),  # self-signed, and its TLSA record vouches for it
        ("tls-expired-certificate", ("inconclusive", "tls_problem", 4)),
    ],
)
async def test_tls_require_enforces_the_certificate(
    identity: str, verdict: tuple[str, str | None, int]
) -> None:
    async with lab.serve(lab.load(identity)) as it:
        options = replace(it.options, tls=TlsMode.REQUIRE)
        report = report_of(await observe(it.target, options, world=it.world))
    assert (report.verdict.outcome, report.verdict.cause, report.verdict.exit_code) == verdict
    assert {e.stage for s in report.sessions for e in s.exchanges} & {"rcpt"} == (
        {"rcpt"} if verdict[0] == "accepted" else set()
    )


async def test_a_policy_is_served_under_its_own_name_alone(tmp_path: Path) -> None:
    root = certificates.authority()
    names = ("mta-sts.a.test", "mta-sts.b.test")
    context = certificates.server_context(certificates.issue(Tls.VALID, names, root), tmp_path)
    clock = Clock()

    async with serve_policies({"a.test": "version: STSv1\nmode: none\nmax_age: 1"}, context) as port:

        async def get(host: str, path: str = "/.well-known/mta-sts.txt") -> tuple[int | None, bytes]:
            got = await fetch(
                f"https://{host}{path}",
                [ip_address("127.0.0.1")],
                deadline=clock.deadline(5.0),
                context=certificates.trusting_context(root),
                port=port,
            )
            return got.status, got.body

        assert await get("mta-sts.a.test") == (200, b"version: STSv1\r\nmode: none\r\nmax_age: 1\r\n")
        assert await get("mta-sts.a.test", "/else") == (404, b"")
        assert await get("mta-sts.b.test") == (404, b"")
        assert await get("mta-sts.c.test") == (None, b"")  # no certificate for that name


def test_importing_the_lab_loads_no_network_library_and_no_scenario() -> None:
    code = (
        "import sys, probe.lab; from probe.lab.scenario import load;"
        "heavy = {'dns', 'cryptography', 'aiosmtplib', 'checkdmarc', 'ssl'} & set(sys.modules);"
        "assert not heavy, heavy; assert not load.cache_info().currsize"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)
