"""Texts that several parts of a run's report share: derived from the report, without layout."""

from __future__ import annotations

from collections.abc import Iterator

from probe.knowledge import finding_groups as groups
from probe.knowledge.causes import UNSETTLED, causes
from probe.model.evidence import Band
from probe.model.finding import Finding, Severity
from probe.model.reply import Stage
from probe.model.report import (
    Report,
    ReportCause,
    ReportExchange,
    ReportNotReached,
    ReportSession,
)
from probe.model.session import Experiment
from probe.model.target import Command
from probe.model.text import seconds
from probe.model.verdict import ExitCode, Extent, Outcome
from probe.report import run_words, words
from probe.report.line import Line, Raw
from probe.standards.dns.results import RouteKind

_GUESS = "the first cause above is only the likeliest of several"
_STOPS = "A probe stops before DATA; what comes after it may still refuse."
_SEND = "Send the message"
INTERNAL = "internal"
BAD = (Severity.FATAL, Severity.ERROR, Severity.WARNING)


def route_line(report: Report) -> str:
    """`sender → recipient`, or the domain."""
    target = report.target
    if target.forward_path is None:
        return target.domain
    return f"{target.reverse_path or '<>'} → {target.forward_path}"


def about_line(report: Report) -> str:
    """The same, and whether a lab answered: for forms without the caution of a document."""
    lab = " (LAB: no answer is that of a real server)" if report.target.scenario is not None else ""
    return f"{route_line(report)}{lab}"


def effort_line(report: Report) -> str:
    """The effort of the run, and that nothing was sent."""
    sessions = len(report.sessions)
    return " · ".join(
        part
        for part in (
            seconds(report.elapsed_ms),
            f"{sessions} sessions" if sessions > 1 else "" if sessions else "no session",
            "nothing delivered",
        )
        if part
    )


def deciding_session(report: Report) -> ReportSession | None:
    """The session whose reply the verdict rests on, else the last one about the target itself."""
    own = [
        s
        for s in report.sessions
        if s.experiment in (Experiment.TARGET, Experiment.DOMAIN)
        or (s.experiment is Experiment.FALLBACK and s.exchanges)
    ]
    for session in reversed(own):
        if any(_is_verdict_reply(report, exchange) for exchange in session.exchanges):
            return session
    return own[-1] if own else None


def _is_verdict_reply(report: Report, exchange: ReportExchange) -> bool:
    verdict = report.verdict
    return (
        exchange.stage == verdict.stage
        and exchange.reply_code is not None
        and verdict.reply is not None
        and verdict.reply.startswith(str(exchange.reply_code or ""))
    )


def deciding_exchange(report: Report) -> ReportExchange | None:
    """The exchange whose reply the verdict rests on."""
    session = deciding_session(report)
    exchanges = session.exchanges if session is not None else ()
    return next((it for it in exchanges if _is_verdict_reply(report, it)), None)


def where(report: Report) -> Line:
    """The stage and host of the verdict: `at RCPT by mx [192.0.2.1]`, `in DNS: …`."""
    verdict, session = report.verdict, deciding_session(report)
    if verdict.outcome is Outcome.ACCEPTED and verdict.extent is Extent.DNS:
        return ("no server was asked: ", Raw(verdict.reason or ""))
    if verdict.stage is Stage.INPUT:
        return ("before anything was asked",)
    if verdict.stage is Stage.DNS and verdict.outcome is Outcome.INCONCLUSIVE:
        return ("in DNS, without a usable answer",)
    if verdict.stage is Stage.DNS and report.dns.route in (RouteKind.MX, RouteKind.IMPLICIT_MX):
        return ("in DNS: the MX records lead nowhere",)
    if verdict.stage is Stage.DNS:
        return (f"in DNS: {run_words.ROUTES[report.dns.route]}",)
    host = Raw(f"{session.mx_host} [{session.ip}]") if session else "the recipient's mail server"
    if verdict.outcome is Outcome.ACCEPTED and verdict.stage is Stage.RCPT:
        return ("by ", host)  # the headline names the stage already
    if verdict.stage is Stage.CONNECT:
        return ("while connecting to ", host) if session else ("before any server was asked",)
    return (f"at {words.STAGES[verdict.stage]} {'by' if verdict.reply else 'with'} ", host)


def summary(report: Report) -> str:
    """The verdict's sentence; empty if headline and reply say the same. It is needed where several servers
    gave an answer: the recipient's, and the fallback relay of the local mail server."""
    verdict, mta = report.verdict, report.target.sender_mta
    if mta is not None and mta.fallback_asked:
        return verdict.summary
    parts = (
        verdict.reply is not None
        and verdict.outcome is not Outcome.INCONCLUSIVE
        and report.target.command is Command.CHECK
    )
    return "" if parts else verdict.summary


def cause_title(cause_id: str) -> str:
    """The title of a cause by its id."""
    cause = causes().get(cause_id)
    return cause.title if cause is not None else cause_id.replace("_", " ")


def main_cause(report: Report) -> ReportCause | None:
    """The cause that the verdict names, else the first."""
    causes = [cause for cause in report.causes if cause.id == report.verdict.cause]
    return causes[0] if causes else report.causes[0] if report.causes else None


def cause_of_failure(report: Report) -> ReportCause | None:
    """That cause where the mail was not accepted; after an acceptance the causes are predictions."""
    return None if report.verdict.outcome is Outcome.ACCEPTED else main_cause(report)


def retry(report: Report) -> str:
    """When to try again, with the reason."""
    verdict = report.verdict
    return words.retry(verdict.retry, verdict.retry_after_s, verdict.band, verdict.retry_reason)


def action(report: Report) -> str:
    """What to do about the cause that the verdict names; if it is a guess, to find out first. Empty if there
    is nothing to do."""
    verdict, cause = report.verdict, main_cause(report)
    if verdict.outcome is Outcome.ACCEPTED and verdict.exit_code is ExitCode.ACCEPTED:
        return _advice_on_acceptance(report)
    if cause is None:
        return ""
    if verdict.band is not Band.UNDECIDED or verdict.outcome not in (Outcome.REFUSED, Outcome.DEFERRED):
        return cause.action
    if report.next_test is not None:
        return f"Make the test below before you act: {_GUESS}."
    return f"{causes()[UNSETTLED].action} Do not act on a guess: {_GUESS}."


def is_doubted(report: Report) -> bool:
    """Whether it was accepted with words or a status of a refusal."""
    is_doubtful = any(f.tag in groups.DOUBTED_ACCEPTANCE for f in report.findings)
    return is_doubtful and report.verdict.outcome is Outcome.ACCEPTED


def _advice_on_acceptance(report: Report) -> str:
    """Advice after an acceptance: other faults that were found, and what a probe cannot see."""
    if is_doubted(report):
        return f"Do not rely on this acceptance (step 1). {_sentence(after_data(report))}"
    if report.verdict.after_data_risks:
        return "Mend what “After DATA” names; until then a sender that honours it may not deliver."
    if report.target.command is not Command.CHECK:
        amiss = any(finding.severity in BAD for finding in report.findings)
        return "The findings are worth a look." if amiss else "Nothing to do; no mailbox was asked about."
    if report.verdict.extent is Extent.DNS:
        return f"{_worth_a_look(report) or 'Nothing to mend in DNS'}. {_sentence(after_data(report))}"
    amiss_at = _worth_a_look(report)
    more = _sentence(after_data(report)) if dns_failures(report) else _STOPS
    return f"{_SEND}{f'; {amiss_at} first' if amiss_at else ''}. {more}"


def _sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}"


def _worth_a_look(report: Report) -> str:
    """The steps with a problem; empty if there is none."""
    steps = [str(step.step) for step in report.checklist if step.status.is_amiss]
    if not steps:
        return ""
    which = f"steps {', '.join(steps[:-1])} and {steps[-1]}" if len(steps) > 1 else f"step {steps[0]}"
    return f"{which} {'are' if len(steps) > 1 else 'is'} worth a look"


def not_reached_part(item: ReportNotReached) -> str:
    """The part that was left out, in words."""
    words = {f"control {it}": text.removeprefix("control: ") for it, text in run_words.EXPERIMENTS.items()}
    return f"control ({words[item.part]})" if item.part in words else item.part


def sent_as(report: Report) -> str:
    """The mail server whose configuration the run used, its EHLO name, address, relay, and what it filters;
    empty if there is none."""
    target, mta = report.target, report.target.sender_mta
    if mta is None:
        return ""
    name = f"EHLO {target.helo}" if target.helo else "EHLO name not known"
    address = f", from {target.source_ip}" if target.source_ip else ""
    relay = f", through {mta.relays[0].host}:{mta.relays[0].port}" if mta.relay_asked and mta.relays else ""
    content = mta.content_filter
    place = f", behind its content filter {content}".rstrip() if content is not None else ""
    changes_words = mta.reply_filter is not None or mta.status_filter is not None
    words = "; it changes what other servers reply, also in its log (-v)" if changes_words else ""
    return f"as {mta.software.label} here: {name}{address}{relay}{place}{words}"


def vantage(report: Report) -> str:
    """A warning if the probe may have another address than the one that mail leaves from; else empty."""
    return next((f.message for f in report.findings if f.tag in groups.NOT_THE_SENDING_PLACE), "")


def bounce_of_another_place(report: Report) -> str:
    """That the bounce is about mail from another address than the probe's; empty if that is not known."""
    return next((f.message for f in report.findings if f.tag == groups.BOUNCE_OF_ANOTHER_PLACE), "")


def internal(report: Report) -> tuple[Finding, ...]:
    """The parts of the report that are missing because this program failed at them."""
    return tuple(f for f in report.findings if f.id == INTERNAL)


def dns_failures(report: Report) -> dict[str, str]:
    """Records that receivers judge a sender by, for which DNS gave no usable answer: the texts of the
    findings, which name the question and the failure."""
    messages = {finding.tag: finding.message for finding in report.findings}
    return {name: messages[tag] for name, tag in groups.UNANSWERED.items() if tag in messages}


def after_data(report: Report) -> str:
    """Possible refusals after DATA, marked as predictions."""
    outcome = report.verdict.outcome
    if outcome is Outcome.ACCEPTED and report.verdict.extent is Extent.DNS:
        return "DNS alone was asked; what a mail server says of sender, address and message is open."
    if outcome is Outcome.ACCEPTED and report.verdict.after_data_risks:
        return "see “After DATA” above; predicted from what is published, not observed."
    if is_doubted(report):
        return "the mail may well be lost or returned: the server accepts in the words of a refusal."
    if outcome is Outcome.ACCEPTED and (silent := dns_failures(report)):
        return (
            f"not all of it can be predicted: DNS gave no usable answer about {' and '.join(silent)} of the "
            "sender. A receiver that meets the same may put the mail off."
        )
    if outcome is Outcome.ACCEPTED:
        return (
            "nothing found that makes a refusal likely. A probe stops before DATA: content, volume and "
            "reputation may still decide otherwise."
        )
    if outcome is Outcome.REFUSED:
        return "not predicted, the mail was refused before it."
    if outcome is Outcome.DEFERRED:
        return "not predicted, the server has not taken the address yet."
    return "not predicted, the run did not get that far."


def advice(report: Report) -> Iterator[str]:
    """The cause, what may come after DATA, the act, and when to try again, a line each; what does not apply
    is left out."""
    verdict, cause = report.verdict, cause_of_failure(report)
    if cause is not None:
        yield f"Cause: {cause.title} ({words.percent(cause.probability)}, {verdict.band.value})"
    for risk in verdict.after_data_risks:
        yield f"After DATA: {cause_title(risk.cause)}: {risk.reason}"
    if text := action(report):
        yield f"Act ({words.FIX_BY[verdict.fix_by]}): {text}"
    if verdict.exit_code is not ExitCode.ACCEPTED:
        yield f"Retry: {retry(report)}"
