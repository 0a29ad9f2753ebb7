"""A machine, its gateway and a small Internet: three namespaces in a row, for `doctor`.

    machine (192.0.2.10, 2001:db8:1::10) - gateway (192.0.2.1) - Internet (a resolver, mail hosts)

Every fault is made with the system's own means: routes, nftables, a host name, mounted files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.namespace import HOME, PREFIX, REPOSITORY_PATH, remove_leftovers, remove_namespaces
from tests.support.machine_dns import HOSTS, OWN_IP, OWN_IPV6, OWN_NAME, Trait

RESOLVER = "198.51.100.53"
_INTERNET = (RESOLVER, *(ip for pair in HOSTS.values() for ip in pair if ip))
_ENTER = """
set -e
hostname "$MACHINE_NAME"
mount --bind "$MACHINE/resolv.conf" /etc/resolv.conf
if [ -n "$MACHINE_EMPTY" ]; then mount --bind "$MACHINE/empty" "$MACHINE_EMPTY"; fi
exec "$@"
"""


@dataclass
class Machine:
    """Made by `create`, gone after `remove`."""

    base: str = field(default_factory=lambda: f"{PREFIX}{os.getpid()}-doctor")
    server: subprocess.Popen[str] | None = None

    @property
    def directory(self) -> Path:
        return HOME / self.base

    @property
    def machine(self) -> str:
        return f"{self.base}-m"

    @property
    def gateway(self) -> str:
        return f"{self.base}-g"

    @property
    def internet(self) -> str:
        return f"{self.base}-i"

    def create(self) -> None:
        """Raises CalledProcessError where the kernel does not allow it."""
        remove_leftovers()
        self.directory.mkdir(mode=0o755)
        (self.directory / "empty").touch()
        self.resolvers(RESOLVER)
        for name in (self.machine, self.gateway, self.internet):
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        self._link(
            self.machine, "m0", (f"{OWN_IP}/24", f"{OWN_IPV6}/64"), "m1", ("192.0.2.1/24", "2001:db8:1::1/64")
        )
        self._link(
            self.internet,
            "i0",
            ("198.51.100.2/24", "2001:db8:2::2/64"),
            "i1",
            ("198.51.100.1/24", "2001:db8:2::1/64"),
        )
        self._routes()
        for ip in _INTERNET:
            _run(
                "ip", "-n", self.internet, "addr", "add", ip, "dev", "lo", *(("nodad",) if ":" in ip else ())
            )
        for switch in ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"):
            self.on(self.gateway, "sysctl", "-qw", switch)

    def _link(self, far: str, name: str, ips: tuple[str, str], peer: str, peer_ips: tuple[str, str]) -> None:
        """A pair of interfaces between a namespace and the gateway."""
        _run(
            "ip", "-n", far, "link", "add", name, "type", "veth", "peer", "name", peer, "netns", self.gateway
        )
        for space, device, addresses in ((far, name, ips), (self.gateway, peer, peer_ips)):
            _run("ip", "-n", space, "link", "set", device, "up")
            for ip in addresses:
                _run("ip", "-n", space, "addr", "add", ip, "dev", device, *(("nodad",) if ":" in ip else ()))

    def _routes(self) -> None:
        _run("ip", "-n", self.machine, "route", "add", "default", "via", "192.0.2.1")
        _run("ip", "-n", self.machine, "-6", "route", "add", "default", "via", "2001:db8:1::1")
        _run("ip", "-n", self.internet, "route", "add", "default", "via", "198.51.100.1")
        _run("ip", "-n", self.internet, "-6", "route", "add", "default", "via", "2001:db8:2::1")
        for network, via in (("203.0.113.0/24", "198.51.100.2"), ("2001:db8::/32", "2001:db8:2::2")):
            _run("ip", "-n", self.gateway, "route", "add", network, "via", via)

    def serve(self, trait: Trait = Trait.HEALTHY) -> None:
        """Start the resolver and the mail hosts; those before are ended."""
        self.end_server()
        command = ["ip", "netns", "exec", self.internet, sys.executable, "-m", "tests.support.machine_dns"]
        self.server = subprocess.Popen(
            [*command, RESOLVER, trait.value], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY_PATH
        )
        assert self.server.stdout is not None
        assert self.server.stdout.readline() == "listening\n"

    def end_server(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(10)
            if self.server.stdout is not None:
                self.server.stdout.close()
            self.server = None

    def on(self, space: str, *argv: str, text: str = "") -> None:
        """Run a command in a namespace."""
        _run("ip", "netns", "exec", space, *argv, text=text)

    def resolvers(self, *ips: str) -> None:
        """Write the machine's resolv.conf."""
        lines = "".join(f"nameserver {ip}\n" for ip in ips)
        (self.directory / "resolv.conf").write_text(lines)

    def doctor(
        self, *options: str, name: str = OWN_NAME, empty: str = "", before: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """`smtp-probe doctor` on the machine; `empty` is a file that is empty there, `before` a program that
        runs it."""
        mta = () if "--mta" in options else ("--mta", "none")
        command = (sys.executable, "-m", "probe", "doctor", "--allow-private", *mta, *options)
        return subprocess.run(
            [
                "ip",
                "netns",
                "exec",
                self.machine,
                "unshare",
                "--uts",
                "sh",
                "-c",
                _ENTER,
                "enter",
                *before,
                *command,
            ],
            env={
                **os.environ,
                "COLUMNS": "80",
                "PYTHONPATH": str(REPOSITORY_PATH),
                "MACHINE": str(self.directory),
                "MACHINE_NAME": name,
                "MACHINE_EMPTY": empty,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd="/",
        )

    def report(self, *options: str, **how: Any) -> dict[str, Any]:
        """The report as JSON, and that its exit code is the process'."""
        result = self.doctor("--format", "json", *options, **how)
        assert result.stdout, result.stderr
        report: dict[str, Any] = json.loads(result.stdout)
        assert report["exit_code"] == result.returncode
        return report

    def remove(self) -> None:
        self.end_server()
        remove_namespaces(self.base, self.machine, self.gateway, self.internet)


def _run(*argv: str, text: str = "") -> None:
    subprocess.run(argv, check=True, input=text, text=True, capture_output=True)
