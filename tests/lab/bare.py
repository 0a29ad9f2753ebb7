"""Refusals that say nothing but `550 5.0.0`, and why three real servers really gave them.

Each server takes alice's mail when nothing is wrong (`WELCOME`); each reason below changes one thing of that
one pair. What the server then goes by is its own: a user table, a blocklist that it asks, an SPF check,
a table of senders, a domain that it hosts and keeps shut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.lab.scenarios import BOB, ELSEWHERE, GOOD, LISTED

SERVERS = ("postfix", "exim", "opensmtpd")
BARE = "550 5.0.0"


@dataclass(frozen=True)
class BareCase:
    """One pair, the truth, and what the server answers to the control experiments.

    `controls` has one sign for postmaster, for a made-up mailbox and for the null reverse-path: `+` accepted,
    `-` refused alike, `.` not to be asked. Empty: no control is called for.
    """

    server: str
    reason: str
    cause: str | None
    controls: str
    recipient: str
    sender: str = BOB
    source: str = GOOD
    stage: str = "rcpt"

    @property
    def slug(self) -> str:
        return f"{self.server}-{self.reason}"


def _cases(server: str) -> tuple[BareCase, ...]:
    mute, shut = f"mute-{server}.example", f"shut-{server}.example"
    return (
        BareCase(server, "unknown-user", "user_unknown", "+--", f"nobody@{mute}"),
        BareCase(server, "listed-address", "ip_blocklisted", "---", f"alice@{mute}", source=LISTED),
        BareCase(server, "spf-failure", "auth_failed", "--+", f"alice@{mute}", source=ELSEWHERE),
        _blocked(server, f"alice@{mute}"),
        BareCase(server, "domain-shut", "bad_domain", "---", f"alice@{shut}"),
    )


def _blocked(server: str, recipient: str) -> BareCase:
    case = BareCase(
        server, "blocked-sender", "sender_blocked", "--+", recipient, sender="blocked@sender.example"
    )
    # OpenSMTPD looks at the sender when it is named; the others wait for RCPT
    return replace(case, stage="mail", controls="..+") if server == "opensmtpd" else case


WELCOME = tuple(
    BareCase(server, "nothing-wrong", None, "", f"alice@mute-{server}.example") for server in SERVERS
)
FIFTEEN = tuple(case for server in SERVERS for case in _cases(server))
