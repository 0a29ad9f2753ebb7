"""A DNS question that leaves before the program has loaded what reads its answer.

Loading an event loop and a resolver takes as long as a name server needs for its answer. So the first
question of a run is sent by little code, and its answer waits in the socket until the resolver of the run
takes the question over (`Resolver`), with its id, its socket and the time at which it was sent. Nothing but
that time differs from a question of the resolver's own.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Sequence

from probe.model.target import Endpoint
from probe.net.dns_query import Query, make_query
from probe.net.dns_socket import open_socket
from probe.net.nameservers import ResolverConfigError, named
from probe.net.resolv_conf import ResolverConfiguration
from probe.standards.dns.message import Question
from probe.standards.dns.names import why_bad_name


class EarlyQuestion:
    """`query` as it was sent over `socket` to the first server of `configuration`, at `sent_at`, a moment of
    `time.monotonic`, which the event loop counts by."""

    def __init__(
        self, configuration: ResolverConfiguration, query: Query, udp: socket.socket, sent_at: float
    ) -> None:
        self.configuration = configuration
        self.query = query
        self.socket = udp
        self.sent_at = sent_at

    def close(self) -> None:
        """Close the socket. The run is over; perhaps no resolver has taken the question over."""
        self.socket.close()


def ask_early(nameservers: tuple[Endpoint, ...], questions: Sequence[Question]) -> EarlyQuestion | None:
    """Send the only one of `questions` to the first of `nameservers` (empty: the system's). None where a
    resolver would not begin with one datagram, or it cannot be sent: the run then finds out why. Never
    raises."""
    if len(questions) != 1 or why_bad_name(questions[0].name):
        return None
    with contextlib.ExitStack() as stack:
        try:
            configuration = named(nameservers)
            if configuration.tcp or not configuration.servers:
                return None
            query = make_query(questions[0], int.from_bytes(os.urandom(2)), edns=True)
            udp = stack.enter_context(open_socket(configuration.servers[0]))
            sent_at = time.monotonic()
            udp.send(query.wire)
        except (OSError, ResolverConfigError):
            return None
        stack.pop_all()
    return EarlyQuestion(configuration, query, udp, sent_at)
