"""Runs the whole program against a loopback world, and judges what it reports.

`whole_run` makes one live run; `Seen` is everything that came of it. `unsafe` and `disagreements` give
the reasons why a report may not stand; a test asserts that there are none.
"""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jsonschema

from probe import run, settings
from probe.facts.build import facts_of
from probe.facts.session import Session
from probe.facts.sessions import sessions_of
from probe.model.address_parse import parse_mailbox, parse_reverse_path
from probe.model.report import Report
from probe.model.target import Endpoint, Options, PairTarget, Target
from probe.recording import events as ev
from probe.recording.file import RecordingWriter, load
from probe.recording.journal import Recording
from probe.report.json_report import to_json
from probe.report.schema import report_schema
from probe.report.style import Style
from probe.world import live
from tests.support.rendering import to_markdown, to_text

# Long enough for a loaded machine; a server that waits is met with shorter ones, by its own file.
BUDGETS = settings.SmtpBudgets(10, 10, 10, 10, 10, 10, 10, 1, 10)
PACE = settings.Pace(BUDGETS, session_spacing=0, dns_query=3, dns_lifetime=6)
HANG = 60  # seconds after which a run is called hung; no run comes near it

SENDER, RECIPIENT = "bob@example.com", "alice@example.net"
_KEY = (
    "v=DKIM1; k=rsa; p="
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu5oIUrFDWZK7F4thFxpZa2or6jBEX3cSL6b2TJdPkO5iNn9vHNXh"
    "NX31nOefN8FksX94YbLJ8NHcFPbaZTW8R2HthYxRaCyqodxlLHibg8aHdfa+bxKeiI/xABRuAM0WG0JEDSyakMFqIO40ghj/"
    "h7DUc/4OXNdeQhrKDTlgf2bd+FjpJ3bNAFcMYa3Oeju33b2Tp+PdtqIwXRZksfuXh7m30kuyavp3Uaso145DRBaJZA55lNxm"
    "HWMgMjO+YjNeuR6j4oQqyGwzPaVcSdOG8Js2mXt+J3Hr+nNmJGxZUUW4Uw5ws08wT9opRgSpn+ThX2d1AgQePpGrWOamC3Pd"
    "cwIDAQAB"
)
# The names that a run asks for, all in order. The MX host is on loopback: runs are made with allow_private.
HEALTHY: Mapping[str, Sequence[str]] = {
    "MX example.net": ["10 mx.example.net."],
    "A mx.example.net": ["127.0.0.1"],
    "MX example.com": ["10 mail.example.com."],
    "A mail.example.com": ["192.0.2.10"],
    "TXT example.com": ['"v=spf1 ip4:192.0.2.10 -all"'],
    "TXT mail.example.com": ['"v=spf1 a -all"'],
    "TXT _dmarc.example.com": ['"v=DMARC1; p=reject; adkim=r; aspf=r"'],
    "TXT s1._domainkey.example.com": ['"' + _KEY[:200] + '" "' + _KEY[200:] + '"'],
    "PTR 10.2.0.192.in-addr.arpa": ["mail.example.com."],
    "A 2.0.0.127.bl.test": ["127.0.0.2"],
    "TXT example.test": ['"nothing"'],
}


@dataclass
class Seen:
    """What came of one run."""

    recording: Recording
    report: Report
    lines: list[str] = field(default_factory=list)

    @property
    def sessions(self) -> tuple[Session, ...]:
        return sessions_of(self.recording)

    @property
    def findings(self) -> set[str]:
        """ "id" and "id: severity" of every finding."""
        both = ((f.id, f"{f.id}: {f.severity}") for f in self.report.findings)
        return {text for pair in both for text in pair}


def options(smtp_port: int, nameservers: tuple[Endpoint, ...], **changes: Any) -> Options:
    """The usual choices of a run against loopback servers."""
    usual = Options(
        ip=ip_address("192.0.2.10"),
        helo="mail.example.com",
        selectors=("s1",),
        nameservers=nameservers,
        port=smtp_port,
        dnsbl=("bl.test",),
        allow_private=True,
        timeout=30.0,
        seed=7,
    )
    return replace(usual, **changes)


async def whole_run(
    chosen: Options,
    folder: Path,
    *,
    pace: settings.Pace = PACE,
    roots: str | None = None,
    target: Target | None = None,
) -> Seen:
    """Observe, save, load again, and report; the report of what was loaded must be the live one's."""
    target = target or PairTarget(parse_reverse_path(SENDER), parse_mailbox(RECIPIENT))
    world = replace(live(pace), scenario="hostile", tls_roots=roots) if roots else live(pace)
    saved = folder / "run.jsonl"
    saved.unlink(missing_ok=True)
    with RecordingWriter(saved) as writer:
        async with asyncio.timeout(HANG):
            recording = await run.observe(target, chosen, sink=writer.append, world=world)
    report = run.report_of(recording)
    assert run.report_of(load(saved)) == report, "a replay must give the identical report"
    assert facts_of(recording) is not None
    return Seen(recording, report)


def refused_instead(recording: Recording) -> Recording:
    """The same run, had the server refused the recipient: rules about refusals see the zone, too."""
    changed: list[ev.Event] = []
    questions = False
    for event in recording:
        if isinstance(event, ev.Sent):
            questions = event.data.startswith(b"RCPT TO:")
        elif isinstance(event, ev.Received) and questions:
            event = replace(event, data=b"550 5.0.0 no\r\n")
            questions = False
        changed.append(event)
    return Recording.of(changed)


@cache
def _validator() -> jsonschema.protocols.Validator:
    return jsonschema.validators.validator_for(report_schema())(report_schema())


_SGR = re.compile("\x1b\\[[0-9;]*m")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def unsafe(report: Report) -> list[str]:
    """Where a live control or bidi character stands in any form of the report; [] when nowhere."""
    forms = {
        "text": to_text(report),
        "narrow": to_text(report, Style(width=40)),
        "quiet": to_text(report, Style(verbosity=-1)),
        "verbose": to_text(report, Style(verbosity=1)),
        "ascii": to_text(report, Style(encoding="ascii", verbosity=1)),
        "colour": _SGR.sub("", to_text(report, Style(colour=True, verbosity=1))),
        "markdown": to_markdown(report),
        "json": to_json(report),
    }
    json_value = json.loads(forms["json"])
    wrong = [f"json: {error.message[:200]}" for error in _validator().iter_errors(json_value)]
    for form, text in forms.items():
        text.encode("utf-8")
        live = {c for c in set(text) if c != "\n" and unicodedata.category(c) in _HIDDEN}
        wrong += [f"{form}: live U+{ord(c):04X}" for c in sorted(live)]
    return wrong


_FORBIDDEN = {"DATA", "BDAT", "AUTH", "VRFY", "EXPN", "ETRN", "TURN"}


def impolite(sample: Seen) -> list[str]:
    """What the program must never do to a server, judged by what the server heard and the recording."""
    verbs = [line.split(" ")[0].upper() for line in sample.lines]
    wrong = [f"said {verb}" for verb in verbs if verb in _FORBIDDEN]
    connected = len(sample.recording.all(ev.Connected))
    if connected > settings.MAX_SESSIONS:
        wrong.append(f"{connected} sessions")
    for session in sample.sessions:
        questions = sum(exchange.stage == "rcpt" for exchange in session.exchanges)
        if questions > settings.MAX_RCPT_PER_SESSION:
            wrong.append(f"{questions} RCPT in a session")
        if session.end is None:
            wrong.append(f"session {session.number} was not closed")
    return wrong


def disagreements(sample: Seen, wanted: Mapping[str, Any]) -> list[str]:
    """How a report differs from what its file says must be true of it.

    `outcome`, `stage`, `cause`, `exit_code`: the allowed values ("none" for no cause); `present`, `absent`:
    findings, "id" or "id: severity"; `ends`: how the sessions may end; `deviations`: breaches that must have
    been noted; `says`: texts that the detailed report must hold; `silent_about`: texts that it must not.
    """
    unknown = wanted.keys() - _CHECKED
    if unknown:
        raise ValueError(f"unknown expectations {sorted(unknown)}")
    verdict = sample.report.verdict
    actual = {
        "outcome": verdict.outcome,
        "stage": verdict.stage,
        "cause": verdict.cause or "none",
        "exit_code": verdict.exit_code,
    }
    wrong = [
        f"{name} is {value!r}, not {wanted[name]!r}"
        for name, value in actual.items()
        if name in wanted and value not in _listed(wanted[name])
    ]
    wrong += [f"no finding {name!r}" for name in wanted.get("present", ()) if name not in sample.findings]
    wrong += [f"a finding {name!r}" for name in wanted.get("absent", ()) if name in sample.findings]
    if "ends" in wanted:
        wrong += [f"ended by {s.end}" for s in sample.sessions if s.end not in wanted["ends"]]
    noted = {d.value for s in sample.sessions for e in s.exchanges for d in e.deviations}
    wrong += [f"deviation {name} not noted" for name in wanted.get("deviations", ()) if name not in noted]
    text = " ".join(to_text(sample.report, Style(verbosity=1)).split())
    wrong += [f"does not say {part!r}" for part in wanted.get("says", ()) if part not in text]
    wrong += [f"says {part!r}" for part in wanted.get("silent_about", ()) if part in text]
    return wrong


_CHECKED = {
    *("outcome", "stage", "cause", "exit_code", "present", "absent", "ends"),
    *("deviations", "says", "silent_about"),
}


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else [value]
