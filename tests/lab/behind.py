"""A host with a private address, behind a gateway that translates it (nftables, masquerade).

Three namespaces in a row: the host (10.0.0.5), the gateway (10.0.0.1 and 203.0.113.202), the lab
(203.0.113.201 and all of its servers).
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from tests.lab.namespace import Namespace

HOST, GATEWAY = "10.0.0.5", "10.0.0.1"
OUTSIDE = "203.0.113.202"  # what servers see of it
_LAB = "203.0.113.201"
_MASQUERADE = """
table ip nat {
  chain out { type nat hook postrouting priority srcnat; oifname "out0" masquerade; }
}
"""


@dataclass
class Behind:
    """The host and its gateway; both are gone after `remove`."""

    lab: Namespace

    @property
    def host(self) -> str:
        """The namespace of the host."""
        return f"{self.lab.name}-host"

    @property
    def gateway(self) -> str:
        """The namespace of the gateway."""
        return f"{self.lab.name}-gateway"

    def create(self) -> None:
        """Raises CalledProcessError where the kernel does not allow it."""
        for name in (self.host, self.gateway):
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        self._link(self.host, "in0", f"{HOST}/24", self.gateway, "in1", f"{GATEWAY}/24")
        self._link(self.gateway, "out0", f"{OUTSIDE}/30", self.lab.name, "out1", f"{_LAB}/30")
        _run("ip", "-n", self.host, "route", "add", "default", "via", GATEWAY)
        _run("ip", "-n", self.gateway, "route", "add", "default", "via", _LAB)
        self.on_gateway("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.on_gateway("nft", "-f", "-", text=_MASQUERADE)

    def on_gateway(self, *argv: str, text: str = "") -> None:
        """Run a command there."""
        _run("ip", "netns", "exec", self.gateway, *argv, text=text)

    def remove(self) -> None:
        """The far ends of the pairs of interfaces go with them."""
        for name in (self.host, self.gateway):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)

    def _link(self, one: str, device: str, address: str, other: str, peer: str, far: str) -> None:
        _run("ip", "link", "add", device, "netns", one, "type", "veth", "peer", "name", peer, "netns", other)
        for name, link, argument in ((one, device, address), (other, peer, far)):
            _run("ip", "-n", name, "addr", "add", argument, "dev", link)
            _run("ip", "-n", name, "link", "set", link, "up")


def _run(*argv: str, text: str = "") -> None:
    subprocess.run(argv, input=text, text=True, check=True, capture_output=True)
