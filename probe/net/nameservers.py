"""The name servers of a run: those that it was given, else those of this machine."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from pathlib import Path

from probe._dataclass import replace
from probe.model.observed import Gap
from probe.model.reason import Reason
from probe.model.target import Endpoint
from probe.net.resolv_conf import LOCAL, SYSTEM, ResolverConfiguration, read


class ResolverConfigError(Exception):
    """There is no usable name server; the message is one line for the user. `passed_over` says why lines of
    the system's file are ignored."""

    def __init__(self, message: str, passed_over: tuple[Reason[Gap], ...] = ()) -> None:
        super().__init__(message)
        self.passed_over = passed_over


def configuration_of(nameservers: tuple[Endpoint, ...]) -> ResolverConfiguration:
    """The configuration of a run that was given these (empty: the system's). Raises ResolverConfigError when
    there is no usable one."""
    return _given(nameservers) if nameservers else system_nameservers()


def named(nameservers: tuple[Endpoint, ...]) -> ResolverConfiguration:
    """The same as far as it is known without asking anything: no server where the system's file names none.
    Raises ResolverConfigError when one that was given is none."""
    return _given(nameservers) if nameservers else read(SYSTEM)


def system_nameservers(path: Path = SYSTEM) -> ResolverConfiguration:
    """The name servers of this machine, in their order. If none is named, the one on this machine, if one
    listens there, as in glibc. Raises ResolverConfigError when there are none."""
    configuration = read(path)
    if configuration.servers:
        return configuration
    if _listens(LOCAL):
        return replace(configuration, servers=(LOCAL,))
    raise ResolverConfigError(
        f"this machine names no DNS resolver; give one with --nameserver IP (no line of {path} names one, "
        f"and nothing listens at {LOCAL.host})",
        configuration.passed_over,
    )


def _listens(server: Endpoint) -> bool:
    """Whether a server on this machine accepts connections; nothing is sent to it."""
    try:
        socket.create_connection((server.host, server.port), timeout=1).close()
        return True
    except OSError:
        return False


def _given(nameservers: tuple[Endpoint, ...]) -> ResolverConfiguration:
    return ResolverConfiguration(tuple(map(_check, nameservers)))


def _check(server: Endpoint) -> Endpoint:
    try:
        ip_address(server.host)
    except ValueError:
        raise ResolverConfigError(
            f"{server.host!r} is no name server: an IP address is needed, not a name"
        ) from None
    return server
