"""The stages of the attempt of a run, each with its result: DNS, the connection, TLS, MAIL and RCPT."""

from __future__ import annotations

from collections.abc import Iterator

from probe.model.reply import Stage
from probe.model.report import Report, ReportExchange, ReportSession
from probe.model.steps import StepStatus
from probe.model.target import Command
from probe.model.verdict import ExitCode, Outcome
from probe.report import document as doc
from probe.report import view
from probe.report.view_steps import DNS_STEP

_OF_OUTCOME = {Outcome.REFUSED: StepStatus.FAIL, Outcome.DEFERRED: StepStatus.WARN}
_NOT_FINISHED = "tls-not-finished"


def course(report: Report) -> doc.Course:
    """Each stage with its mark: reached, refused or deferred (with the code), or not reached."""
    session = view.deciding_session(report)
    stages: Iterator[doc.Station] = _stages(report, session) if session is not None else _no_stages(report)
    return doc.Course((doc.Station("DNS", _dns(report)), *stages))


def _dns(report: Report) -> StepStatus:
    """The stage DNS: by the verdict if DNS decided, else by its step."""
    if report.verdict.stage is Stage.DNS and report.verdict.outcome is not Outcome.ACCEPTED:
        return _OF_OUTCOME.get(report.verdict.outcome, StepStatus.WARN)
    step = next((it for it in report.checklist if it.step == DNS_STEP), None)
    return StepStatus.WARN if step is not None and step.status.is_amiss else StepStatus.PASS


def _no_stages(report: Report) -> Iterator[doc.Station]:
    """No server was asked."""
    yield doc.Station("connect", StepStatus.NOT_ASSESSED)
    if report.target.command is Command.CHECK:
        yield doc.Station("MAIL", StepStatus.NOT_ASSESSED)
        yield doc.Station("RCPT", StepStatus.NOT_ASSESSED)


def _stages(report: Report, session: ReportSession) -> Iterator[doc.Station]:
    if not session.exchanges:
        yield doc.Station("connect", StepStatus.FAIL, session.ended.words)
    else:
        yield doc.Station("connect", StepStatus.PASS)
    for stage, name in ((Stage.GREETING, "greeting"), (Stage.EHLO, "EHLO")):
        station = _exchange_station(report, session, stage, name)
        is_asked_for = stage is Stage.EHLO and report.target.command is Command.DOMAIN
        if is_asked_for or station.status.is_amiss:
            yield station
    yield doc.Station("TLS", *_tls(report, session))
    if report.target.command is Command.CHECK:
        yield _exchange_station(report, session, Stage.MAIL, "MAIL")
        yield _exchange_station(report, session, Stage.RCPT, "RCPT")


def _tls(report: Report, session: ReportSession) -> tuple[StepStatus, str]:
    """The stage TLS; a failure counts also if another session then went on without TLS."""
    if session.tls is not None and session.tls.established:
        return StepStatus.PASS, ""
    if any(finding.tag == _NOT_FINISHED for finding in report.findings):
        return StepStatus.WARN, "not finished"
    if report.verdict.stage is Stage.STARTTLS:
        return _OF_OUTCOME.get(report.verdict.outcome, StepStatus.FAIL), ""
    own = [it.tls for it in report.sessions if it.experiment is session.experiment and it.tls is not None]
    if any(tls.error is not None for tls in own):
        return StepStatus.WARN, "failed"
    is_offered_none = any(tls.offered is False for tls in own)
    return StepStatus.NOT_ASSESSED, "not offered" if is_offered_none else ""


def _exchange_station(report: Report, session: ReportSession, stage: Stage, name: str) -> doc.Station:
    """A stage of the dialogue: the first RCPT is the target, those after it are controls; of EHLO the last
    one counts."""
    exchanges = [it for it in session.exchanges if it.stage is stage]
    if not exchanges:
        return doc.Station(name, StepStatus.NOT_ASSESSED)
    exchange = exchanges[-1] if stage is Stage.EHLO else exchanges[0]
    status, remark = _answer(exchange)
    if stage is report.verdict.stage and status is StepStatus.PASS and not _is_accepted(report):
        status, remark = StepStatus.WARN, str(exchange.reply_code)
    return doc.Station(name, status, remark)


def _is_accepted(report: Report) -> bool:
    return report.verdict.outcome is Outcome.ACCEPTED and report.verdict.exit_code in (
        ExitCode.ACCEPTED,
        ExitCode.AT_RISK,
    )


def _answer(exchange: ReportExchange) -> tuple[StepStatus, str]:
    code = exchange.reply_code
    if not code:
        return StepStatus.WARN, "no reply" if code is None else "no SMTP reply"
    if code < 400:
        return StepStatus.PASS, ""
    return (StepStatus.WARN if code < 500 else StepStatus.FAIL), str(code)
