"""Every check, in the order in which findings are listed; nothing is registered anywhere else.

A check is a module with `ID`, `STEP`, a docstring (its first line the title, the whole the text of
`smtp-probe checks ID`) and `check(facts)`, a pure generator of findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType

from probe.checks import (
    address_smtputf8,
    blocklist_coverage,
    catch_all,
    certificate,
    dane,
    dkim_keys,
    dkim_weak_key,
    dmarc_alignment,
    dmarc_method_difference,
    dmarc_record,
    domain_blocklist,
    helo_name,
    limits_signals,
    mail_from_accepted,
    message_attachments,
    message_dkim_signature,
    message_from_alignment,
    message_headers,
    message_lines,
    message_link_blocklist,
    message_links,
    message_list_unsubscribe,
    message_missing,
    message_subject,
    message_text_part,
    mta_sts,
    not_reached,
    port25,
    postmaster_answer,
    provider_requirements,
    ptr,
    recipient_address,
    recipient_domain_exists,
    recipient_mx,
    recipient_mx_reachable,
    recipient_typo,
    reply_grammar,
    reply_permanence,
    reputation_desk,
    second_opinion,
    sender_domain_takes_mail,
    sender_typo,
    size_limit,
    source_blocklist,
    source_private,
    spf,
    spf_helo,
    spf_lookups,
    starttls_offered,
    tls_handshake,
    tls_injection,
    tls_rpt,
    vantage_address,
)
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.target import PairTarget


class Side(StrEnum):
    """Whose affair a check looks at. `dialogue`: what the server answered in this run; `probe`: where
    the probe stands and how far it came. Only `sender` faults foretell a refusal after RCPT."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    DIALOGUE = "dialogue"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `title` is the first line of `text`; `domain_too` that it also speaks in a `domain`
    run, which has neither a sender nor a recipient's mailbox."""

    id: str
    step: int
    title: str
    text: str
    side: Side
    domain_too: bool
    run: Callable[[Facts], Iterator[Finding]]


# In the order of the nine steps; within one, what decides most comes first.
_RECIPIENT = (
    recipient_domain_exists,
    recipient_mx,
    recipient_mx_reachable,
    starttls_offered,
    tls_handshake,
    certificate,
    mta_sts,
    dane,
    tls_rpt,
    tls_injection,
    reply_grammar,
    second_opinion,
    limits_signals,
    recipient_typo,
)
_RECIPIENT_OF_PAIR = (catch_all, postmaster_answer, reputation_desk)
_SENDER = (
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
    message_headers,
    message_subject,
    message_links,
    message_link_blocklist,
    message_text_part,
    message_lines,
    message_attachments,
    message_list_unsubscribe,
    message_dkim_signature,
    message_from_alignment,
    source_blocklist,
    domain_blocklist,
    blocklist_coverage,
    sender_typo,
)
_DIALOGUE = (reply_permanence,)
_DIALOGUE_OF_PAIR = (recipient_address, mail_from_accepted)
_PROBE = (port25, not_reached)
_PROBE_OF_PAIR = (vantage_address, source_private)


def _checks(side: Side, modules: tuple[ModuleType, ...], *, domain_too: bool) -> Iterator[Check]:
    for module in modules:
        text = (module.__doc__ or "").strip()
        yield Check(module.ID, module.STEP, text.partition("\n")[0], text, side, domain_too, module.check)


_ALL: tuple[Check, ...] = tuple(
    sorted(
        (
            *_checks(Side.DIALOGUE, _DIALOGUE, domain_too=True),
            *_checks(Side.DIALOGUE, _DIALOGUE_OF_PAIR, domain_too=False),
            *_checks(Side.RECIPIENT, _RECIPIENT, domain_too=True),
            *_checks(Side.RECIPIENT, _RECIPIENT_OF_PAIR, domain_too=False),
            *_checks(Side.SENDER, _SENDER, domain_too=False),
            *_checks(Side.PROBE, _PROBE, domain_too=True),
            *_checks(Side.PROBE, _PROBE_OF_PAIR, domain_too=False),
        ),
        key=lambda check: check.step,  # stable: the order above holds within a step
    )
)
_BY_ID = {check.id: check for check in _ALL}


def all_checks() -> tuple[Check, ...]:
    """Every check, by step."""
    return _ALL


def by_id(id: str) -> Check | None:
    """The check with this id, or None."""
    return _BY_ID.get(id)


def findings_of(facts: Facts) -> tuple[Finding, ...]:
    """What every check that applies to the run finds, by step. Pure: equal facts, equal findings."""
    is_pair = isinstance(facts.target, PairTarget)
    return tuple(finding for check in _ALL if is_pair or check.domain_too for finding in check.run(facts))
