"""What to do about the first cause. The verdict and the failing step show the same text, so that no advice is
given twice in different words."""

from __future__ import annotations

from probe.diagnosis.posture import removal
from probe.diagnosis.risks import cause_of
from probe.diagnosis.verdict import Diagnosis
from probe.facts.logged import is_given_up
from probe.facts.model import Facts
from probe.knowledge.causes import causes
from probe.knowledge.risks import rules_by_tag
from probe.model.fault import recover
from probe.model.finding import Finding, Severity
from probe.model.program_part import ProgramPart
from probe.model.verdict import Side

_WRONG = (Severity.FATAL, Severity.ERROR, Severity.WARNING)


def action_of(diagnosis: Diagnosis, facts: Facts, findings: tuple[Finding, ...]) -> str:
    """What to do about the first of the ranked causes; empty if none is ranked.

    Advice for this sender replaces the general advice of the cause: delisting from the lists that DNS shows,
    else the remedies of the gravest findings that explain the cause. A rule with an action of its own keeps
    it. Where the bounce or the log says that the message was given up, none is to wait for it.
    """
    if not diagnosis.ranking:
        return ""
    first = diagnosis.ranking[0].id
    is_relays = diagnosis.side is Side.RELAY
    cause, conclusion = causes()[first].told_by(diagnosis.side), diagnosis.conclusion
    if first == "ip_blocklisted" and not is_relays and (way_out := _removal(facts)):
        return way_out
    if conclusion is not None and conclusion.advice.id == first and conclusion.action != cause.action:
        return conclusion.action
    is_guess = conclusion is not None and conclusion.advice.id != first
    # findings judge how the recipient's side sees this sender, so at a relay only those on the message count
    is_of_no_use = is_relays and cause.family != "message"
    own = [] if is_guess or is_of_no_use else _remedies(first, findings)
    return " ".join(own) or (is_given_up(facts) and cause.given_up) or cause.action


def _removal(facts: Facts) -> str:
    return recover(ProgramPart.REMOVAL, lambda: removal(facts), "", step=6)


def _remedies(cause: str, findings: tuple[Finding, ...]) -> list[str]:
    """Those of the gravest findings that explain the cause, each once."""
    rules = rules_by_tag()
    explaining = [
        it for it in findings
        if it.severity in _WRONG and it.remedy and it.tag in rules and cause_of(rules[it.tag], it) == cause
    ]  # fmt: skip
    gravest = min((_WRONG.index(it.severity) for it in explaining), default=0)
    return list(dict.fromkeys(it.remedy for it in explaining if it.severity is _WRONG[gravest]))
