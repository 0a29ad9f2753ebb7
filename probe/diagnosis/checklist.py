"""The nine steps of "How to Handle Email Delivery Failure", filled in from what was found."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from probe.diagnosis.run_result import Ground
from probe.diagnosis.verdict import Diagnosis
from probe.knowledge import finding_groups as groups
from probe.knowledge.causes import causes
from probe.model.evidence import Band
from probe.model.fault import recover
from probe.model.finding import Finding, Severity
from probe.model.program_part import ProgramPart
from probe.model.reply import Stage
from probe.model.report import ChecklistStep
from probe.model.steps import STEP_TITLES, StepStatus
from probe.model.text import duration
from probe.model.verdict import ExitCode, FixBy, Outcome, OutcomeReason, Retry, Side

_NOTE = "(-v or --format markdown)"
_SETTLE = "see the test that would settle it"
_AT_RELAY = {
    True: "Tell the recipient by another channel.",
    False: "Ask whoever runs the relay: the recipient's side cannot mend it.",
}
_FAILED = "internal"
_OF_OUTCOME = {
    Outcome.ACCEPTED: StepStatus.PASS,
    Outcome.REFUSED: StepStatus.FAIL,
    Outcome.DEFERRED: StepStatus.WARN,
    Outcome.INCONCLUSIVE: StepStatus.NOT_ASSESSED,
}
_BAD = frozenset({Severity.FATAL, Severity.ERROR})
_WRONG = _BAD | {Severity.WARNING}
# A refusal at the command of a step is that step's fault only if the cause belongs to the step: a size, a
# rate or missing TLS may also be refused at MAIL FROM.
_OF_KIND = "mail-from-accepted"
# Causes that do not say whether the step's own address is at fault.
_OPEN = frozenset({"bad_domain", "relay_denied", "policy_unspecified", "unknown"})


def checklist(
    diagnosis: Diagnosis, findings: tuple[Finding, ...], action: str = ""
) -> tuple[ChecklistStep, ...]:
    """All nine steps, each with its status, its findings and what to do; `action` is what to do about the
    cause, and is the only advice of the failing step. A step whose rule raises is not assessed."""
    step = partial(_step, diagnosis=diagnosis, findings=findings, action=action)
    return tuple(
        recover(ProgramPart.STEP, partial(step, number), _blank_step(number), step=number, of=str(number))
        for number in STEP_TITLES
    )


def _blank_step(number: int) -> ChecklistStep:
    return ChecklistStep(
        number, STEP_TITLES[number], StepStatus.NOT_ASSESSED, (), "This program failed to judge it."
    )


def _step(number: int, diagnosis: Diagnosis, findings: tuple[Finding, ...], action: str) -> ChecklistStep:
    cause = diagnosis.verdict.cause
    own = tuple(f for f in findings if f.step == number and (f.id != _OF_KIND or _is_about_the_sender(cause)))
    if number == 1:
        status, do = _read_the_reply(diagnosis)
        doubt = _doubt(own) or next((f for f in own if f.severity is Severity.WARNING), None)
        if status is StepStatus.PASS and doubt is not None:
            status, do = StepStatus.WARN, doubt.remedy or do
    elif number == 8:
        status, do = _contact(diagnosis, own, _doubt(findings))
        takeover = next((f for f in findings if f.tag in groups.TAKEN_BY_THE_OTHER_SIDE), None)
        if takeover is not None and diagnosis.result.outcome in (Outcome.ACCEPTED, Outcome.INCONCLUSIVE):
            status, do = StepStatus.MANUAL, f"{takeover.remedy} {_NOTE}"
    elif number == 9:
        status, do = _retry(diagnosis, _doubt(findings), is_all_known=_is_all_known(findings))
    else:
        status, do = _by_findings(number, diagnosis, own, action)
    return ChecklistStep(number, STEP_TITLES[number], status, tuple(dict.fromkeys(f.id for f in own)), do)


def _is_about_the_sender(cause: str | None) -> bool:
    return cause not in (None, "tls_problem") and causes()[cause].at_fault in (2, 6)


def _doubt(findings: Iterable[Finding]) -> Finding | None:
    """The findings that say that the server accepted in words of a refusal."""
    return next((f for f in findings if f.tag in groups.DOUBTED_ACCEPTANCE), None)


def _read_the_reply(diagnosis: Diagnosis) -> tuple[StepStatus, str]:
    outcome, verdict = diagnosis.result.outcome, diagnosis.verdict
    status = {
        Outcome.ACCEPTED: StepStatus.PASS,
        Outcome.REFUSED: StepStatus.FAIL,
        Outcome.DEFERRED: StepStatus.WARN,
    }.get(outcome, StepStatus.NOT_ASSESSED)
    if outcome is Outcome.INCONCLUSIVE:
        return status, "No reply decided anything: nothing here speaks for or against the recipient."
    if diagnosis.result.ground is Ground.NOT_ASKED:
        return StepStatus.NOT_ASSESSED, "There is no reply: no server was asked (--no-smtp)."
    if outcome is Outcome.ACCEPTED:
        return status, f"Nothing: {_acceptance(diagnosis)}."
    kind = "Permanent (hard)" if outcome is Outcome.REFUSED else "Temporary (soft)"
    meaning = "The reply names no cause."
    if verdict.cause:
        meaning = causes()[verdict.cause].told_by(diagnosis.side).meaning
    if _is_a_guess(diagnosis):
        meaning = "It does not settle the cause."
    if diagnosis.result.ground is Ground.ROUTE:
        where = "DNS decided, no server was asked"
    elif diagnosis.result.is_for(OutcomeReason.OWN_FALLBACK_NOWHERE):
        where = "this host's own mail server decided, after the servers before its fallback relay"
    elif diagnosis.result.ground is Ground.OWN:
        where = "this host's own mail server decided, no other was asked"
    elif verdict.reply is None:
        where = "what the server offers decided, not a reply"
    else:
        where = f"given at {diagnosis.result.stage.words}"
    return status, f"{kind}, {where}. {meaning}"


def _acceptance(diagnosis: Diagnosis) -> str:
    """What was accepted; a `domain` run names no recipient."""
    at_rcpt = diagnosis.result.stage is Stage.RCPT
    return "the recipient was accepted at RCPT" if at_rcpt else "the server answers; no mailbox was asked for"


def _contact(diagnosis: Diagnosis, own: tuple[Finding, ...], doubt: Finding | None) -> tuple[StepStatus, str]:
    fix_by = diagnosis.verdict.fix_by
    if any(risk.is_tls_policy for risk in diagnosis.risks):
        return (
            StepStatus.MANUAL,
            "Tell the recipient's postmaster that the domain's DANE or MTA-STS fails (step 2 has the facts).",
        )
    if diagnosis.result.outcome is Outcome.ACCEPTED and doubt is not None:
        return StepStatus.MANUAL, "Ask the recipient's postmaster what the server means by its reply."
    if diagnosis.result.outcome is Outcome.ACCEPTED and fix_by is FixBy.RECIPIENT_ADMIN:
        return StepStatus.MANUAL, "Tell the recipient's postmaster what their side has wrong."
    if diagnosis.result.outcome is Outcome.ACCEPTED:
        return StepStatus.PASS, f"Not needed: {_acceptance(diagnosis)}."
    if diagnosis.result.ground is Ground.INTERRUPTED:
        return StepStatus.NOT_ASSESSED, "The run was stopped, so there is nothing to tell the postmaster."
    if diagnosis.result.ground is Ground.OWN:
        return (
            StepStatus.NOT_ASSESSED,
            "Not its postmaster's affair: this host's own mail server decides what becomes of it.",
        )
    if diagnosis.result.ground in (Ground.NOT_REACHED, Ground.NOT_ASKED, Ground.LOGIN):
        return StepStatus.NOT_ASSESSED, "No server was asked, so there is nothing to tell its postmaster."
    if diagnosis.side is Side.RELAY:
        return StepStatus.MANUAL, _AT_RELAY[fix_by is FixBy.RECIPIENT]
    if diagnosis.result.outcome is Outcome.INCONCLUSIVE:
        return (
            StepStatus.MANUAL,
            f"Only if it stays so from another network; a note with the facts is ready {_NOTE}.",
        )
    if fix_by is FixBy.NOBODY:
        return StepStatus.PASS, "Not needed: it passes by itself."
    if diagnosis.result.ground is Ground.ROUTE:
        return (
            StepStatus.MANUAL,
            "Mail to its postmaster would go the same way: use another channel than mail.",
        )
    if any(f.tag == groups.POSTMASTER_REFUSED for f in own):
        return StepStatus.MANUAL, f"Use another channel than mail; a note with the facts is ready {_NOTE}."
    if fix_by in (FixBy.RECIPIENT, FixBy.RECIPIENT_ADMIN, FixBy.EITHER):
        return (
            StepStatus.MANUAL,
            f"Send the prepared note {_NOTE} to the recipient's postmaster, or tell the recipient by phone.",
        )
    return (
        StepStatus.MANUAL,
        f"If what you do changes nothing, send the prepared note {_NOTE} to the postmaster.",
    )


def _is_all_known(findings: Iterable[Finding]) -> bool:
    """Whether DNS answered for every record that receivers judge the sender by."""
    silent = frozenset(groups.UNANSWERED.values())
    return not any(f.tag in silent for f in findings)


def _retry(diagnosis: Diagnosis, doubt: Finding | None, *, is_all_known: bool) -> tuple[StepStatus, str]:
    verdict = diagnosis.verdict
    is_clear = verdict.exit_code is ExitCode.ACCEPTED
    if is_clear and doubt is not None:
        return StepStatus.MANUAL, "Send the message, and look out for its return: the acceptance is in doubt."
    policy = [risk.finding.message for risk in diagnosis.risks if risk.is_tls_policy]
    if is_clear and policy:
        return (
            StepStatus.WARN,
            f"Send the message; a server that enforces DANE or MTA-STS does not: {policy[0]}.",
        )
    if is_clear and diagnosis.result.ground is Ground.NOT_ASKED:
        return (
            StepStatus.NOT_ASSESSED,
            "Nothing in DNS stands in the way; what the server says was not asked.",
        )
    if is_clear and not is_all_known:
        return StepStatus.PASS, "Send the message: nothing that DNS answered stood in its way."
    if is_clear:
        return StepStatus.PASS, "Send the message: nothing stood in its way."
    if verdict.retry is Retry.NOW:
        return StepStatus.PASS, "Try again now."
    if verdict.retry is Retry.LATER:
        wait = f" after {duration(verdict.retry_after_s)}" if verdict.retry_after_s else " later"
        return StepStatus.WARN, f"Try again{wait}, from the same address and with the same envelope."
    if _is_a_guess(diagnosis):
        return (
            StepStatus.MANUAL,
            f"First settle the cause ({_SETTLE}); until then another try tells nothing new.",
        )
    if verdict.retry is Retry.AFTER_FIX:
        return StepStatus.FAIL, "Try again only after the fault named above is mended."
    return StepStatus.FAIL, "Do not try again with this address."


def _is_a_guess(diagnosis: Diagnosis) -> bool:
    """Whether the first cause of a refusal or deferral is only the most likely of several."""
    was_answered = diagnosis.result.outcome in (Outcome.REFUSED, Outcome.DEFERRED)
    return was_answered and diagnosis.band is Band.UNDECIDED


def _by_findings(
    number: int, diagnosis: Diagnosis, own: tuple[Finding, ...], action: str
) -> tuple[StepStatus, str]:
    outcome, cause = diagnosis.result.outcome, diagnosis.verdict.cause
    is_blamed = outcome is not Outcome.ACCEPTED and cause is not None and causes()[cause].at_fault == number
    if cause == "bad_domain" and outcome is Outcome.REFUSED:
        # DNS records of a domain belong to step 2; a domain that takes no mail is a fault of the address.
        is_blamed = number == (2 if diagnosis.result.ground is Ground.ROUTE else 3)
    is_guess = _is_a_guess(diagnosis)
    is_blamed = is_blamed and not is_guess  # a guess is no reason to act
    status = _status(number, outcome, is_blamed, own)
    if number == 3 and status is StepStatus.FAIL and (cause is not None and outcome is Outcome.REFUSED):
        if is_guess:
            return StepStatus.WARN, f"Not settled whether it is about this address ({_SETTLE})."
        if not is_blamed and cause not in _OPEN:
            title = causes()[cause].told_by(diagnosis.side).title
            elsewhere = f"The refusal points elsewhere ({title})"
            return StepStatus.NOT_ASSESSED, f"{elsewhere}; nothing was learned of this mailbox."
    if status is StepStatus.NOT_ASSESSED and number in groups.STEP_NOT_LOOKED_AT:
        own = tuple(f for f in own if f.tag in groups.STEP_NOT_LOOKED_AT[number])
    if is_blamed and cause is not None:
        usual = causes()[cause].told_by(diagnosis.side).action
        return status, " ".join([*_behind(cause, own), action or usual])
    return status, _what_to_do(status, own)


def _status(number: int, outcome: Outcome, is_blamed: bool, own: tuple[Finding, ...]) -> StepStatus:
    severities = {finding.severity for finding in own}
    if is_blamed:
        return StepStatus.FAIL if outcome is Outcome.REFUSED else StepStatus.WARN
    if severities & _BAD:
        return StepStatus.FAIL
    if Severity.WARNING in severities:
        return StepStatus.WARN
    unseen = groups.STEP_NOT_LOOKED_AT.get(number, frozenset()) & {f.tag for f in own}
    has_failed = any(f.id == _FAILED for f in own)  # other checks were ok, but one check of the step failed
    if has_failed or unseen or not severities & {Severity.OK, Severity.NOTICE}:
        return StepStatus.NOT_ASSESSED
    return StepStatus.PASS


def _what_to_do(status: StepStatus, own: tuple[Finding, ...]) -> str:
    """The remedies of what is wrong, worst first; if the step was not assessed, how to get it assessed."""
    order = list(Severity)
    remedies = sorted((f for f in own if f.remedy), key=lambda f: order.index(f.severity))
    wrong = [f.remedy for f in remedies if f.severity in _WRONG]
    open_ends = [
        f.remedy
        for f in remedies
        if f.severity is Severity.NOT_ASSESSED and status is StepStatus.NOT_ASSESSED
    ]
    return " ".join(dict.fromkeys(wrong)) or next(iter(open_ends), "Nothing to do.")


def _behind(cause: str, own: tuple[Finding, ...]) -> list[str]:
    """Sentences on what the lists answered, if the listings do not explain a block."""
    messages = [f.message for f in own if f.tag in groups.UNEXPLAINED_BLOCK.get(cause, ())]
    return [f"{message[:1].upper()}{message[1:]}." for message in messages]
