"""A server that sends, and what becomes of its message."""

from __future__ import annotations

from dataclasses import dataclass, field

BOB = "bob@sender.example"
DNSLOOKUP = """dnslookup:
  driver = dnslookup
  transport = remote_smtp
  no_more"""


@dataclass(frozen=True, eq=False)
class Sender:
    """A server that sends, and the truth of one message: `status` is what its log says of it, `exit_code`,
    `cause` and `fix_by` what `check` has to conclude. `values` are lines of main.cf, `overrides` those of the
    smtp service in master.cf; `routers` and `transport` are Exim's. To sendmail `values` are lines of
    sendmail.mc, to OpenSMTPD smtpd.conf as a whole. `route`, `helo`: what the report has to name."""

    slug: str
    recipient: str
    status: str
    outcome: str
    exit_code: int
    cause: str | None = None
    fix_by: str | None = None
    software: str = "postfix"
    values: str = ""
    overrides: str = ""
    files: dict[str, str] = field(default_factory=dict)
    routers: str = DNSLOOKUP
    transport: str = ""
    sender: str = BOB
    route: str = "mx"
    helo: str = "out.sender.example"
    reply: str = ""


@dataclass(frozen=True)
class Fate:
    """What a log says of one message."""

    status: str
    text: str
    relay: str = ""
