"""Every check, in the order in which findings are listed. This is the only registry of checks.

A check is a module with `ID`, `STEP`, a docstring (its first line is the title; all of it is printed by
`smtp-probe checks ID`) and `check(facts)`, a pure generator of findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol

from probe._dataclass import replace
from probe._enum import StrEnum
from probe.checks.dialogue import (
    bounce_reply,
    log_reply,
    mail_from_accepted,
    recipient_address,
    reply_permanence,
)
from probe.checks.message import message_missing, size_limit
from probe.checks.recipient import (
    catch_all,
    certificate,
    dane,
    limits_signals,
    local_part_length,
    log_volume,
    mta_sts,
    postmaster_answer,
    provider_notes,
    recipient_domain_exists,
    recipient_history,
    recipient_mx,
    recipient_mx_reachable,
    recipient_test_data,
    recipient_typo,
    regional_advice,
    reply_grammar,
    reputation_desk,
    requiretls_offered,
    second_opinion,
    starttls_offered,
    tls_handshake,
    tls_injection,
    tls_rpt,
)
from probe.checks.sender import (
    address_smtputf8,
    blocklist_coverage,
    dkim_keys,
    dkim_weak_key,
    dmarc_alignment,
    dmarc_method_difference,
    dmarc_record,
    domain_blocklist,
    helo_name,
    provider_requirements,
    ptr,
    sender_domain_takes_mail,
    sender_typo,
    source_blocklist,
    spf,
    spf_helo,
    spf_lookups,
)
from probe.checks.vantage import (
    clock,
    internal,
    not_reached,
    port25,
    resolver_answers,
    sender_mta,
    source_private,
    vantage_address,
)
from probe.facts.model import Facts
from probe.knowledge.finding_groups import OF_THE_ADDRESS
from probe.knowledge.severities import Severities
from probe.model.fault import collect_faults, recover
from probe.model.finding import Finding, Severity
from probe.model.program_part import ProgramPart
from probe.model.target import PairTarget


class Side(StrEnum):
    """What a check looks at. `dialogue`: what the server answered in this run; `probe`: where the probe
    stands and how far it came. Only faults on the sender's side predict a refusal after RCPT."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    DIALOGUE = "dialogue"
    PROBE = "probe"


class Check(Protocol):
    """One check: a module. `check` yields its findings, and yields nothing where it does not apply."""

    ID: str
    STEP: int

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Judge the facts."""


class _OfMessage:
    """A check of the content of the message. Its module is loaded where there is a message: few runs have
    one, and the modules take a fortieth of the time of a report."""

    STEP = 5

    def __init__(self, identity: str) -> None:
        self.ID = identity

    @property
    def module(self) -> Any:
        """The module of the check."""
        return import_module(f"probe.checks.message.{self.ID.replace('-', '_')}")

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        """What the module says of itself."""
        docstring: str | None = self.module.__doc__
        return docstring

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Judge the facts."""
        if facts.message is not None:
            yield from self.module.check(facts)


# In the order of the nine steps; within a step the most decisive check comes first.
_RECIPIENT: tuple[Check, ...] = (
    recipient_domain_exists,
    recipient_mx,
    recipient_mx_reachable,
    starttls_offered,
    tls_handshake,
    certificate,
    mta_sts,
    dane,
    tls_rpt,
    requiretls_offered,
    tls_injection,
    reply_grammar,
    second_opinion,
    limits_signals,
    recipient_typo,
    recipient_history,
    provider_notes,
    regional_advice,
)
_RECIPIENT_OF_PAIR: tuple[Check, ...] = (
    catch_all,
    postmaster_answer,
    reputation_desk,
    recipient_test_data,
    local_part_length,
    log_volume,
)
_SENDER: tuple[Check, ...] = (
    spf,
    spf_lookups,
    spf_helo,
    dkim_keys,
    dkim_weak_key,
    dmarc_record,
    dmarc_alignment,
    dmarc_method_difference,
    ptr,
    helo_name,
    sender_domain_takes_mail,
    provider_requirements,
    address_smtputf8,
    size_limit,
    message_missing,
    _OfMessage("message-headers"),
    _OfMessage("message-syntax"),
    _OfMessage("message-subject"),
    _OfMessage("message-links"),
    _OfMessage("message-link-blocklist"),
    _OfMessage("message-text-part"),
    _OfMessage("message-lines"),
    _OfMessage("message-attachments"),
    _OfMessage("message-list-unsubscribe"),
    _OfMessage("message-dkim-signature"),
    _OfMessage("message-from-alignment"),
    source_blocklist,
    domain_blocklist,
    blocklist_coverage,
    sender_typo,
)
_DIALOGUE: tuple[Check, ...] = (reply_permanence, bounce_reply, log_reply)
_DIALOGUE_OF_PAIR: tuple[Check, ...] = (recipient_address, mail_from_accepted)
_PROBE: tuple[Check, ...] = (resolver_answers, clock, port25, not_reached, internal)
_PROBE_OF_PAIR: tuple[Check, ...] = (sender_mta, vantage_address, source_private)


_SIDES: Mapping[Side, tuple[Check, ...]] = {
    Side.DIALOGUE: (*_DIALOGUE, *_DIALOGUE_OF_PAIR),
    Side.RECIPIENT: (*_RECIPIENT, *_RECIPIENT_OF_PAIR),
    Side.SENDER: _SENDER,
    Side.PROBE: (*_PROBE, *_PROBE_OF_PAIR),
}
_PAIR_ONLY = frozenset(
    module.ID for module in (*_DIALOGUE_OF_PAIR, *_RECIPIENT_OF_PAIR, *_SENDER, *_PROBE_OF_PAIR)
)
_ALL: tuple[Check, ...] = tuple(
    sorted(
        (module for modules in _SIDES.values() for module in modules),
        # the check of the own mail server comes first; the sort is stable, so the order above holds in a step
        key=lambda module: (module is not sender_mta, module.STEP),
    )
)
_BY_ID = {module.ID: module for module in _ALL}
_SIDE_OF = {module.ID: side for side, modules in _SIDES.items() for module in modules}


def all_checks() -> tuple[Check, ...]:
    """Every check, by step."""
    return _ALL


def by_id(identity: str) -> Check | None:
    """The check with this id, or None."""
    return _BY_ID.get(identity)


def title(check: Check) -> str:
    """The first line of the check's docstring."""
    return (check.__doc__ or "").strip().partition("\n")[0]


def side_of(identity: str) -> Side:
    """The side that the check with this id looks at. Raises KeyError for an unknown id."""
    return _SIDE_OF[identity]


def findings_of(facts: Facts, severities: Severities | None = None) -> tuple[Finding, ...]:
    """The findings of all checks that apply to the run, ordered by step. Pure: equal facts give equal
    findings. `severities` overrides the severity of the tags that it names.

    A `domain` run has neither sender nor mailbox: the checks of those give nothing. When a check raises, its
    findings so far are kept and a finding `internal` replaces the rest.
    """
    is_pair = isinstance(facts.target, PairTarget)
    own = _severities(facts) | dict(severities or {})
    return tuple(
        replace(finding, severity=own[finding.tag]) if finding.tag in own else finding
        for module in _ALL
        if is_pair or module.ID not in _PAIR_ONLY
        for finding in _findings(module, facts)
    )


def _severities(facts: Facts) -> dict[str, Severity]:
    """Severities that depend on the facts: when only one server names the address, nothing about it is a
    fault."""
    return dict.fromkeys(OF_THE_ADDRESS, Severity.NOTICE) if facts.vantage.rests_on_one_word else {}


def _findings(module: Check, facts: Facts) -> list[Finding]:
    findings: list[Finding] = []

    def judge() -> None:
        for finding in module.check(facts):  # one by one, so that findings made before an exception are kept
            findings.append(finding)

    with collect_faults() as faults:
        recover(ProgramPart.CHECK, judge, None, step=module.STEP, of=module.ID)
    return findings + [internal.finding_of(fault) for fault in faults]
