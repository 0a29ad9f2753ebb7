"""A filter of OpenSMTPD (smtpd-filters(7)): refuses listed clients, sender domains that do not exist and SPF
failures with a bare status, and greylists the domains that it is told.

smtpd starts it inside the namespace with the system's Python, whose `spf` and `DNS` modules it uses:
`opensmtpd_filter.py BLOCKLIST GREYLISTING-DOMAIN...`. All decisions fall at RCPT, as Postfix and Exim do by
default.
"""

from __future__ import annotations

import importlib
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

_REPORTS = ("link-connect", "link-identify", "link-disconnect", "tx-mail")


@dataclass
class Session:
    """What the server has told about one connection."""

    ip: str = ""
    helo: str = ""
    reverse_path: str = ""


def is_listed(ip: str, zone: str) -> bool:
    """Whether an IPv4 address is on the list (RFC 5782 section 2.1)."""
    try:
        socket.gethostbyname(".".join([*reversed(ip.split(".")), zone]))
    except OSError:
        return False
    return True


def spf_fails(session: Session) -> bool:
    """Whether check_host() answers "fail" (RFC 7208 section 4)."""
    check_host = importlib.import_module("spf").check2  # the system's; a type checker need not know it
    return bool(check_host(i=session.ip, s=session.reverse_path, h=session.helo)[0] == "fail")


def is_homeless(reverse_path: str) -> bool:
    """Whether mail to this sender has nowhere to go: no MX and no address (RFC 5321 section 5.1)."""
    domain = reverse_path.rpartition("@")[2]
    look_up = importlib.import_module("DNS").dnslookup
    failed = importlib.import_module("DNS").ServerError
    try:
        return bool(domain) and not (look_up(domain, "MX") or look_up(domain, "A"))
    except failed as error:
        return "NXDOMAIN" in str(error)


@dataclass
class Policy:
    """Decides about one recipient at a time; remembers who was there before."""

    blocklist: str
    greylisting: tuple[str, ...]
    lines: set[tuple[str, str, str]] = field(default_factory=set)

    def answer(self, session: Session, forward_path: str) -> str:
        """What smtpd is to do with this RCPT."""
        listed = is_listed(session.ip, self.blocklist)
        if listed or is_homeless(session.reverse_path) or spf_fails(session):
            return "reject|550 5.0.0"
        visit = (session.ip, session.reverse_path, forward_path)
        if forward_path.rpartition("@")[2] in self.greylisting and visit not in self.lines:
            self.lines.add(visit)
            return "reject|451 4.0.0"
        return "proceed"


def _report(sessions: dict[str, Session], event: str, key: str, details: list[str]) -> None:
    session = sessions.setdefault(key, Session())
    if event == "link-connect":
        session.ip = details[2].rpartition(":")[0].strip("[]")
    elif event == "link-identify":
        session.helo = details[-1]
    elif event == "tx-mail":
        session.reverse_path = details[-1]
    else:
        sessions.pop(key, None)


def serve(policy: Policy, lines: Iterable[str]) -> None:
    """Answer the server until it closes the pipe."""
    sessions: dict[str, Session] = {}
    for line in lines:
        kind, *fields = line.rstrip("\n").split("|")
        if kind == "config" and fields == ["ready"]:
            for event in _REPORTS:
                print(f"register|report|smtp-in|{event}")
            print("register|filter|smtp-in|rcpt-to")
            print("register|ready", flush=True)
        elif kind == "report":
            _, _, _, event, key, *details = fields
            _report(sessions, event, key, details)
        elif kind == "filter":
            key, token, forward_path = fields[4:7]
            print(f"filter-result|{key}|{token}|{policy.answer(sessions[key], forward_path)}", flush=True)


if __name__ == "__main__":
    serve(Policy(sys.argv[1], tuple(sys.argv[2:])), sys.stdin)
