"""Resolvers between the probe and the lab's one truth: each file of config/resolvers is one, running."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from tests.lab import config
from tests.lab.names import root_keys
from tests.lab.namespace import RESOLVED_USER, Namespace
from tests.lab.packages import TREES, UNPACKED

STUB = "127.0.0.53"  # where systemd-resolved listens, whatever it is told
_FIRST = 65  # of 192.0.2.64/26, the addresses of all others
_SUFFIX = ".conf"
_RESOLVED_PROGRAM = UNPACKED / "resolved" / TREES["resolved"][1]
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "unbound": ("unbound", "-d", "-c"),
    "named": ("named", "-f", "-c"),
    "kresd": ("kresd", "-n", "-c"),
    "dnsmasq": ("dnsmasq", "-C"),
    "dnsdist": ("dnsdist", "--supervised", "--disable-syslog", "-C"),
}


def start_resolvers(space: Namespace) -> dict[str, str]:
    """Start every one and wait until each answers; gives where it is asked. Raises RuntimeError with the
    log of what does not come up."""
    running = _start_all(space)
    for name, address in running.items():
        _wait(space, name, address)
    return running


def _wait(space: Namespace, name: str, address: str) -> None:
    for _ in range(100):
        # whatever it answers; kdig says nothing but comments where nothing came
        answer = space.run(["kdig", f"@{address}", "+timeout=1", "+retry=0", ".", "SOA"])
        if ";; ->>HEADER<<-" in answer.stdout:
            return
        time.sleep(0.1)
    log = config.wait_line(space.directory / "resolvers" / name / "resolver.out")
    raise RuntimeError(f"the resolver {name} does not answer at {address}\n{log}")


def _start_all(space: Namespace) -> dict[str, str]:
    anchor, delegation = root_keys(space)
    sources = sorted((config.SOURCE / "resolvers").glob(f"*{_SUFFIX}"))
    names = [source.name.removesuffix(_SUFFIX) for source in sources]
    running = {}
    for number, name in enumerate(names):
        address = STUB
        if not name.startswith("resolved"):
            address = f"192.0.2.{_FIRST + number}"
            space.add_address(address)  # named listens at addresses that an interface has, and no others
        directory = space.directory / "resolvers" / name
        values = {
            "ADDRESS": address,
            "DIR": str(directory),
            "ANCHOR": _static_key(anchor),
            "ANCHOR_DS": _data(delegation),
        }
        config.write("resolvers/*.zone", directory, values)
        config.write("resolvers/*.hosts", directory, values)
        config.write(f"resolvers/{name}.*", directory, values)
        (directory / "root.hints").write_text((space.directory / "dns" / "root.hints").read_text())
        (directory / "root.key").write_text(anchor)
        _start(space, name, directory)
        running[name] = address
    return running


def _start(space: Namespace, name: str, directory: Path) -> None:
    program, _, mode = name.partition("-")
    output = directory / "resolver.out"
    file = directory / f"{name}{_SUFFIX}"
    if program == "resolved":
        (space.directory / "resolved").mkdir()
        os.chown(space.directory / "resolved", *RESOLVED_USER)
        space.start(
            ["sh", "-c", _RESOLVED, "resolved", file, _RESOLVED_PROGRAM], output=output, resolved=True
        )
    elif program == "recursor":
        options = (f"--config-dir={directory}", f"--config-name={mode}", *_of_recursor(space))
        space.start(["pdns_recursor", *options], output=output)
    else:
        last = (directory,) if program == "kresd" else ()
        space.start([*_COMMANDS[program], file, *last], output=output)


def _of_recursor(space: Namespace) -> tuple[str, ...]:
    """What the PowerDNS Recursor from 5.2 on has to be told to read settings as 4.8 has them."""
    option = "--enable-old-settings"
    return (option,) if option in space.run(["pdns_recursor", "--help"]).stdout else ()


_RESOLVED = """
mkdir -p /run/systemd/resolved.conf.d
cp "$1" /run/systemd/resolved.conf.d/lab.conf
exec "$2"
"""


def _static_key(anchor: str) -> str:
    """A DNSKEY record as a clause of named's trust-anchors."""
    flags, protocol, algorithm, *key = anchor.split("DNSKEY", 1)[1].split()
    return f'"." static-key {flags} {protocol} {algorithm} "{"".join(key)}";'


def _data(delegation: str) -> str:
    """The data of a DS record."""
    return delegation.split("DS", 1)[1].strip()
