"""When a run did what: the spans of its time, as measured."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum


class SpanKind(StrEnum):
    """What the time went into: questions to DNS, the TCP connection, the TLS handshake, or a command until
    its reply was complete (the greeting: from the connection on)."""

    DNS = "dns"
    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    MAIL = "mail"
    RCPT = "rcpt"
    RSET = "rset"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class ReportSpan:
    """One span; `start_ms` since the run began. `session` is the place in `sessions`, from 1 (null: none);
    `questions` counts what DNS was asked in it."""

    kind: SpanKind
    session: int | None
    start_ms: int
    elapsed_ms: int
    questions: int = 0
