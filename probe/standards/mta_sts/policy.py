"""The MTA-STS policy file (RFC 8461 sections 3.2 and 3.3)."""

from __future__ import annotations

import re

from probe._regex import regex
from probe.model.text import decode
from probe.model.tls_policy import StsProblem, StsWhy
from probe.standards.mta_sts.results import StsMode, StsPolicy

MEDIA_TYPE = "text/plain"
MAX_AGE_LIMIT = 31557600  # seconds, RFC 8461 section 3.2
_SHORT_MAX_AGE = 86400  # RFC 8461 section 3.2 expects "weeks or greater"
_MODES = frozenset(StsMode)
_NAME = regex(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,31}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_MX_PATTERN = regex(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")


def policy_host(domain: str) -> str:
    """The host that serves the policy."""
    return f"mta-sts.{domain}"


def policy_url(domain: str) -> str:
    """Where the policy of a domain is (RFC 8461 section 3.3)."""
    return f"https://{policy_host(domain)}/.well-known/mta-sts.txt"


def parse_policy(body: bytes) -> tuple[StsPolicy | None, tuple[StsWhy, ...]]:
    """Read a policy file: the policy, or None with what makes it unusable.

    Lines end in CRLF or LF. Unknown keys are ignored; of a repeated key other than mx the first
    counts. Never raises.
    """
    fields: dict[str, str] = {}
    patterns: list[str] = []
    problems: list[StsWhy] = []
    for number, raw in enumerate(decode(body).split("\n"), 1):
        line = raw.removesuffix("\r").rstrip(" \t")
        if not line:
            continue
        key, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(key):
            return None, (StsWhy(StsProblem.NO_PAIR, line=number),)
        if not value.strip(" \t"):
            return None, (StsWhy(StsProblem.NO_VALUE, line=number, name=key),)
        if key == "mx":
            patterns.append(value.strip(" \t"))
        elif key in fields:
            problems.append(StsWhy(StsProblem.REPEATED_KEY, name=key))
        else:
            fields[key] = value.strip(" \t")
    faults = _faults(fields, patterns)
    if faults:
        return None, (*problems, *faults)
    mode, max_age = StsMode(fields["mode"]), int(fields["max_age"])
    if mode is not StsMode.NONE and max_age < _SHORT_MAX_AGE:
        problems.append(StsWhy(StsProblem.SHORT_MAX_AGE, seconds=max_age))
    return StsPolicy(mode, tuple(patterns), max_age, tuple(problems)), ()


def _faults(fields: dict[str, str], patterns: list[str]) -> list[StsWhy]:
    """Every reason why the policy is not valid."""
    faults = []
    if fields.get("version") != "STSv1":
        faults.append(StsWhy(StsProblem.NO_VERSION))
    mode = fields.get("mode")
    if mode not in _MODES:
        faults.append(StsWhy(StsProblem.NO_MODE))
    if not re.fullmatch(r"[0-9]{1,10}", fields.get("max_age", "")):
        faults.append(StsWhy(StsProblem.NO_MAX_AGE))
    elif int(fields["max_age"]) > MAX_AGE_LIMIT:
        faults.append(StsWhy(StsProblem.LONG_MAX_AGE, most=MAX_AGE_LIMIT))
    if not patterns and mode != StsMode.NONE:
        faults.append(StsWhy(StsProblem.NO_MX))
    bad = [pattern for pattern in patterns if not _MX_PATTERN.fullmatch(pattern)]
    faults.extend(StsWhy(StsProblem.BAD_MX, text=pattern) for pattern in bad[:3])
    return faults


def is_policy_media_type(content_type: str) -> bool:
    """Whether a Content-Type is text/plain, with or without parameters (RFC 8461 section 3.3)."""
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE
