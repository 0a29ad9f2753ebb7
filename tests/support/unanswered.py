"""Runs in the lab in which something was not answered, and what their reports say beyond that of the whole.

`Silent` is the live resolver with the answers to some questions replaced by a failure; `Cut` dials the lab's
mail server and ends or silences the session at one of its replies. `firmer` names what a report asserts that
the report of the undisturbed run does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from probe import run, settings
from probe._dataclass import replace
from probe.lab.running_lab import RunningLab
from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.model.evidence import Band
from probe.model.finding import Severity
from probe.model.report import Report
from probe.model.verdict import ExitCode, Outcome, Retry
from probe.net.courtesy import Courtesy
from probe.net.resolver import Resolver
from probe.net.smtp import Dial, dial_tcp
from probe.recording.journal import Recording
from probe.standards.dns.message import Answer, Question, Status
from probe.standards.dns.provenance import Provenance

LISTS = ("zen.spamhaus.org", "dbl.spamhaus.org")  # one for addresses, one for domains
Failure = Callable[[Question], Status | None]


def failed(question: Question, status: Status) -> Answer:
    """No usable answer, as the resolver tells it."""
    if status is Status.TIMEOUT:
        why = AnswerWhy(AnswerFault.NO_REPLY, server="127.0.0.1", seconds=5.0)
        return Answer(question, status, why=why, elapsed_ms=5000)
    return Answer(question, status, provenance=Provenance("127.0.0.1", recursive=True))


class Silent(Resolver):
    """`failure` says which questions fail, and how."""

    def __init__(self, failure: Failure, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._failure = failure

    async def _resolve(self, question: Question) -> Answer:
        status = self._failure(question)
        return await super()._resolve(question) if status is None else failed(question, status)


class Cut:
    """At the reply with this number, from 1, of a session: `end` closes instead of it, `half` closes within
    it, `silence` gives nothing more. `only` is the session that is disturbed (None: all)."""

    def __init__(self, number: int, how: str, only: int | None = None) -> None:
        self._number, self._how, self._only = number, how, only
        self._sessions = 0

    async def __call__(self, protocol: Callable[[], asyncio.Protocol], dial: Dial) -> object:
        self._sessions += 1
        is_hit = self._only in (None, self._sessions)
        return await dial_tcp(partial(self._disturbed, protocol) if is_hit else protocol, dial)

    def _disturbed(self, protocol: Callable[[], asyncio.Protocol]) -> asyncio.Protocol:
        disturbed: Any = protocol()
        receive, replies = disturbed.data_received, 0

        def received(data: bytes) -> None:  # the lab's server writes a reply at once
            nonlocal replies
            replies += 1
            if replies < self._number:
                receive(data)
            elif replies == self._number and self._how != "silence":
                if self._how == "half":
                    receive(data[: len(data) // 2])
                disturbed.transport.close()

        disturbed.data_received = received
        return disturbed  # type: ignore[no-any-return]


_SHORT = settings.SmtpBudgets(2, 0.3, 0.3, 0.3, 2, 0.3, 0.3, 0.2, 2)


async def observe(
    lab: RunningLab, failure: Failure = lambda question: None, dial: Cut | None = None
) -> Recording:
    """One run in the lab."""
    pace = replace(lab.world.pace, session_spacing=0)
    world = replace(lab.world, resolver=partial(Silent, failure), courtesy=Courtesy(), pace=pace)
    if dial is not None:
        world = replace(world, dial=dial, pace=replace(pace, smtp=_SHORT))
    return await run.observe(lab.target, replace(lab.options, dnsbl=LISTS), message=lab.message, world=world)


_RANK = {Severity.NOTICE: 1, Severity.WARNING: 2, Severity.ERROR: 3, Severity.FATAL: 4}
_BANDS = list(Band)
_SLIGHT = 0.05
# What a run may say that lacks an answer, beside that it lacks it.
_OF_THE_REST = {
    "every-part-reached": "nothing was left out",
    "blocklists-partly-believed": "the others answered",
    "certificate-not-verified": "the certificate alone, without the TLSA record that vouches for it",
    "helo-literal": "the name that was said in this run",
    "recipient-mx-named": "the MX record, of whose hosts one was known to be dangling",
}
# Of one pair, what was known is told as a lesser fault where the other is not known.
_LESSER = ("-spf-not-known", "-dkim-not-known")
_UNKNOWN = (None, "unknown", "temperror", "timeout", "refused", "unusable", "not_seen", "()")


# What a session shows that ended early.
OF_THE_CUT = frozenset(
    {"limits-connection-closed", "replies-ambiguous", "replies-malformed-at-end", "tls-failed"}
)


def firmer(whole: Report, report: Report, of_the_fault: frozenset[str] = frozenset()) -> list[str]:
    """What `report` asserts that `whole` does not; [] if it only knows less. `of_the_fault` are the tags of
    what the disturbance itself shows."""
    before, after = whole.verdict, report.verdict
    wrong = []
    if after.exit_code not in (before.exit_code, ExitCode.INCONCLUSIVE) and (
        before.exit_code is not ExitCode.AT_RISK or after.exit_code is not ExitCode.ACCEPTED
    ):
        wrong.append(f"exit code {after.exit_code}, not {before.exit_code}: {after.summary}")
    if after.outcome is Outcome.REFUSED is not before.outcome:
        wrong.append("refused")
    if after.retry is Retry.NEVER is not before.retry:
        wrong.append("never")
    if (after.outcome, after.cause) == (before.outcome, before.cause):
        # a little is gained by each cause where a fact that spoke for another is not known
        gain = after.confidence - before.confidence
        if _BANDS.index(after.band) < _BANDS.index(before.band) and gain > _SLIGHT:
            wrong.append(f"{after.cause} is {after.band}, not {before.band}")
    return wrong + _findings(whole, report, of_the_fault) + _dns(whole, report)


def _findings(whole: Report, report: Report, of_the_fault: frozenset[str]) -> list[str]:
    tags, worst = {f.tag for f in whole.findings}, dict[str, int]()
    for f in whole.findings:
        worst[f.id] = max(worst.get(f.id, 0), _RANK.get(f.severity, 0))
    wrong = []
    for f in report.findings:
        if f.tag in of_the_fault:
            continue
        rank = _RANK.get(f.severity, 0)
        is_new = f.tag not in tags | _OF_THE_REST.keys() and not f.tag.endswith(_LESSER)
        if rank > max(1, worst.get(f.id, 0)):
            wrong.append(f"{f.severity} {f.tag}: {f.message}")
        elif is_new and f.severity is not Severity.NOT_ASSESSED:
            wrong.append(f"asserts {f.tag}: {f.message}")
    return wrong


def _dns(whole: Report, report: Report) -> list[str]:
    before, after = _known(whole), _known(report)
    return [
        f"{name} is {value}, not {before.get(name)}"
        for name, value in after.items()
        if value not in _UNKNOWN and value != before.get(name)
    ]


def _known(report: Report) -> dict[str, str | None]:
    """What DNS said, by names; None where it is not known."""
    dns = report.dns
    values: dict[str, object] = {
        "route": dns.route,
        "mta_sts": dns.mta_sts.status,
        "tls_rpt": dns.tls_rpt.status,
    }
    if dns.spf is not None:
        values |= {"spf": dns.spf.result, "spf record": dns.spf.record, "matched": dns.spf.matched}
    if dns.dmarc is not None:
        values |= {"dmarc": dns.dmarc.record, "policy": dns.dmarc.policy}
        values |= {"spf aligns": dns.dmarc.spf_can_align, "dkim aligns": dns.dmarc.dkim_can_align}
    if dns.ptr is not None:
        values |= {"ptr": dns.ptr.status, "ptr name": dns.ptr.name, "confirmed": dns.ptr.confirmed}
    if dns.helo is not None:
        values |= {"helo resolves": dns.helo.resolves, "helo is ptr": dns.helo.equals_ptr}
    values |= {f"dkim {key.selector}": key.status for key in dns.dkim}
    values |= {f"dane {it.host}": it.status for it in dns.dane}
    values |= {f"list {it.zone} {it.subject}": it.status.value for it in dns.dnsbl}
    return {name: None if value is None else str(value) for name, value in values.items()}
