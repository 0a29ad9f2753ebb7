"""Further observations from another place: another address of this machine, another host, another resolver.
If this machine can do it, a command is given; otherwise a command line for another host."""

from __future__ import annotations

import shlex

from probe.diagnosis.commands import command
from probe.facts.model import Facts
from probe.knowledge.next_tests import public_resolvers
from probe.model.address import IPAddress
from probe.model.address_parse import parse_ip
from probe.model.dialable import is_private
from probe.model.report import NextTest
from probe.model.target import Endpoint

_OF_THIS_HOST = ("--bind", "--ip", "--mta", "--config-dir", "--route")


def from_second_place(facts: Facts, text: str) -> NextTest:
    """The same run from another address; `{place}` in the text is replaced by it."""
    second = second_address(facts)
    if second is not None:
        place = f"{second}, another address of this machine"
        line = command(facts, f"--bind {second}", leave=("--ip",))
        return NextTest(text.replace("{place}", place), line)
    words = text.replace("{place}", "a second network of yours")
    return with_line(facts, words, "; on a host there", _same_hosts_elsewhere(facts))


def _same_hosts_elsewhere(facts: Facts) -> str:
    """The same run on another host, and where a relay of this one was asked, that relay again."""
    if not facts.relay:
        return line_elsewhere(facts)
    relay = shlex.quote(str(Endpoint(facts.relay[0].host, facts.relay[0].port)))
    return command(facts, f"--mx {relay} --allow-private", leave=_OF_THIS_HOST)


def from_sending_address(facts: Facts, text: str) -> NextTest:
    """The same run from the address that mail leaves from: on this machine, if it has the address."""
    sending = facts.options.ip
    if sending is not None and sending in facts.vantage.addresses:
        return NextTest(text, command(facts, f"--bind {sending}", leave=("--ip",)))
    return with_line(facts, text, "; there", line_elsewhere(facts))


def with_line(facts: Facts, text: str, where: str, line: str) -> NextTest:
    """A test that must be made on another host: the command line is a part of the text. In a lab there is
    none: its servers no longer run when the report is read."""
    return NextTest(text if facts.scenario else f"{text}{where}: {line}", None)


def line_elsewhere(facts: Facts) -> str:
    """The same run on another host: without options that are valid only on this one."""
    return command(facts, "", leave=_OF_THIS_HOST)


def second_address(facts: Facts) -> IPAddress | None:
    """Another public address of this machine, in the family of the run. A private one would leave by the same
    public address."""
    here = facts.vantage.probe_ip
    if here is None:
        return None
    addresses_in_use = {here, facts.options.bind, *(session.local_ip for session in facts.sessions)}
    others = (
        ip for ip in facts.vantage.addresses if ip.version == here.version and ip not in addresses_in_use
    )
    return next((ip for ip in others if not is_private(ip)), None)


def has_family(facts: Facts, version: int) -> bool:
    """Whether this machine has a non-loopback address of the family; True also if that is not known, and if
    all servers are on loopback."""
    own = facts.vantage.addresses
    hosts = [ip for it in facts.recipient.mx.hosts for ip in it.addresses if ip.version == version]
    is_local = bool(hosts) and all(ip.is_loopback for ip in hosts)
    return not own or is_local or any(ip.version == version for ip in own)


def by_another_resolver(facts: Facts, text: str) -> NextTest:
    """The same run with a public resolver that was not asked; `{resolver}` in the text names it."""
    resolvers = {server.host for server in facts.options.nameservers}
    for operator, address in public_resolvers():
        if address not in resolvers and has_family(facts, parse_ip(address).version):
            words = text.replace("{resolver}", f"such as {address} ({operator})")
            return NextTest(words, command(facts, f"--nameserver {address}"))
    return NextTest(text.replace("{resolver}", "with --nameserver"), None)
