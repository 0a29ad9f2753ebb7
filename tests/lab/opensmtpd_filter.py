"""A filter of OpenSMTPD (smtpd-filters(7)): refuses listed clients and SPF failures with a bare status.

smtpd starts it inside the namespace with the system's Python, whose `spf` and `DNS` modules it uses; the one
argument is the blocklist to ask. Both decisions fall at RCPT, as Postfix and Exim do by default.
"""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass

BARE = "550 5.0.0"
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
    import spf  # type: ignore[import-not-found]

    result: str = spf.check2(i=session.ip, s=session.reverse_path, h=session.helo)[0]
    return result == "fail"


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


def main(zone: str) -> None:
    """Answer the server until it closes the pipe."""
    sessions: dict[str, Session] = {}
    for line in sys.stdin:
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
            key, token = fields[4:6]
            session = sessions[key]
            refused = is_listed(session.ip, zone) or spf_fails(session)
            print(f"filter-result|{key}|{token}|{f'reject|{BARE}' if refused else 'proceed'}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
