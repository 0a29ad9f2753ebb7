"""The closed vocabularies of the verdict in words. Never *valid*, *exists* or *deliverable*."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe.model.report import Verdict

STAGES = {
    "input": "the address itself",
    "dns": "DNS",
    "connect": "connecting",
    "greeting": "the greeting",
    "ehlo": "EHLO",
    "starttls": "STARTTLS",
    "mail": "MAIL FROM",
    "rcpt": "RCPT",
    "data": "DATA",
    "end-of-data": "the end of DATA",
}

FIX_BY = {
    "sender": "you, the sender",
    "sender_network": "your network or mail operator",
    "recipient": "the recipient",
    "recipient_admin": "the recipient's postmaster",
    "either": "you or the recipient's postmaster",
    "nobody": "nobody",
}

STEP_STATUS = {
    "pass": "pass",
    "warn": "warning",
    "fail": "fail",
    "manual": "by hand",
    "not_assessed": "not assessed",
}

EXPERIMENTS = {
    "target": "the recipient",
    "postmaster": "control: postmaster, then a made-up mailbox",
    "random": "control: made-up mailbox",
    "null_sender": "control: null reverse-path",
    "other_mx": "control: another MX host",
    "other_family": "control: the other address family",
    "without_tls": "control: without TLS",
    "domain": "the domain",
}

BANDS = {"stated": "stated", "likely": "likely", "possible": "possible", "undecided": "undecided"}

ROUTES = {
    "mx": "MX records",
    "implicit_mx": "no MX record; its own address is used (implicit MX)",
    "null_mx": "a null MX: the domain declares that it takes no mail (RFC 7505)",
    "address_literal": "an address literal",
    "fixed": "the host of --mx",
    "no_domain": "NXDOMAIN: DNS does not know the domain",
    "no_mail_host": "neither MX nor address records",
    "unknown": "DNS gave no usable answer",
}

KEYS = {"valid": "usable key"}

PUBLISHED = {"valid": "published", "absent": "none published", "unusable": "unusable", "unknown": "unknown"}

DANE = {
    "absent": "no TLSA record",
    "insecure": "not in use: the DNS answers carry no DNSSEC proof",
    "matched": "a TLSA record matches the certificate",
    "mismatched": "no TLSA record matches the certificate",
    "unusable": "TLSA records, none that can be used",
    "not_seen": "TLSA records, but no certificate was seen to hold against them",
}

_SECONDS_IN_MINUTE, _SECONDS_IN_HOUR = 60, 3600


def headline(verdict: Verdict, command: str) -> str:
    """The verdict in capitals: what was observed, never more."""
    if verdict.outcome == "refused":
        return "REFUSED FOR GOOD"
    if verdict.outcome == "deferred":
        return "DEFERRED"
    if verdict.outcome == "inconclusive":
        return "INCONCLUSIVE"
    if command == "domain":
        return "SERVER ANSWERS" if verdict.exit_code == 0 else "SERVER ANSWERS, WITH FAULTS"
    if verdict.exit_code == 0:
        return "ACCEPTED AT RCPT"
    return "ACCEPTED AT RCPT, LIKELY TO BE REFUSED LATER"


def retry(when: str, after_s: int | None, reason: str | None = None) -> str:
    """Step 9 in a clause; `after_s` in seconds, `reason` what it rests on where that is not the usual."""
    after = f" {duration(after_s)}" if after_s is not None else ""
    named = {
        "now": "now: trying again may already work",
        "later": f"in{after}" if after else "later",
        "after_fix": "after the fix; before it, the answer stays the same",
        "never": "no: trying again will not change the answer",
    }.get(when, when)
    return f"{named} ({reason})" if reason else named


def duration(seconds: int) -> str:
    """A wait as a person says it."""
    if seconds < 2 * _SECONDS_IN_MINUTE:
        return f"{seconds} s"
    if seconds < 2 * _SECONDS_IN_HOUR:
        return f"{round(seconds / _SECONDS_IN_MINUTE)} min"
    return f"{round(seconds / _SECONDS_IN_HOUR)} h"


def percent(probability: float) -> str:
    """A share; neither certainty nor impossibility is ever claimed."""
    if 0 < probability < 0.01:
        return "<1 %"
    if probability >= 0.995:
        return ">99 %"
    return f"{round(probability * 100)} %"


def decibans(weight: float) -> str:
    """A weight of evidence with its sign."""
    number = round(weight)
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "0"


def size(octets: int) -> str:
    """Octets in the units of mail limits (1 MiB = 1 048 576 octets)."""
    if octets >= 1024 * 1024:
        return f"{octets / (1024 * 1024):.1f}".removesuffix(".0") + " MiB"
    if octets >= 1024:
        return f"{octets / 1024:.1f}".removesuffix(".0") + " KiB"
    return f"{octets} octets"
