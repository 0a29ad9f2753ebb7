"""A refusal of another mailbox than the one that was meant: its local part became Punycode on the way.

Punycode is for domains. Exim turns a local part outside ASCII into `xn--...` where the next server does not
offer SMTPUTF8 (utf8_downconvert), and so do programs that convert a whole address as if it were a domain. The
reply is then about a mailbox that nobody has.
"""

from __future__ import annotations

from functools import cache

from probe._dataclass import replace
from probe.diagnosis.conclusion import Conclusion, conclude
from probe.diagnosis.scoring import band, rank
from probe.diagnosis.situation import without_weight
from probe.knowledge.fact_evidence import fact_evidence
from probe.model.address_parse import is_punycode_mailbox
from probe.model.evidence import Evidence
from probe.reading.reply.read import Reading

PUNYCODE_MAILBOX = "connect.punycode-mailbox"
_UNKNOWN = "user_unknown"
_MISSPELT = "address_syntax"


def names_punycode_mailbox(text: str) -> bool:
    """Whether the text names a mailbox whose local part is Punycode."""
    from probe.standards.dsn.address import (
        mailboxes,  # only where a reply is about a mailbox that is not there
    )

    return any(map(is_punycode_mailbox, mailboxes(text)))


def of_another_mailbox(item: Evidence) -> Evidence:
    """The evidence of a reply about such a mailbox: that it does not exist says that the address was
    misspelt on the way. That is an inference: it counts less than words, and states nothing."""
    weight = item.weights.get(_UNKNOWN, 0.0)
    if weight <= 0:
        return item
    weights = {**item.weights, _UNKNOWN: 0.0, _MISSPELT: max(weight, item.weights.get(_MISSPELT, 0.0))}
    return without_weight(replace(item, weights=weights, is_exact=False))


def conclude_for_another_mailbox(reading: Reading, conclusion: Conclusion) -> Conclusion:
    """The conclusion, if the server was asked for such a mailbox. What does not say that it is unknown (that
    it is full, or greylisted) says what it says."""
    if conclusion.cause.id != _UNKNOWN:
        return conclusion
    evidence = (*map(of_another_mailbox, reading.evidence), _punycode_evidence())
    ranking = rank(evidence, stage=reading.stage, permanent=reading.permanent)
    return conclude(ranking, band(ranking), evidence, permanent=reading.permanent, stage=reading.stage)


@cache
def _punycode_evidence() -> Evidence:
    entry = next(entry for entry in fact_evidence() if entry.id == PUNYCODE_MAILBOX)
    return Evidence(entry.id, entry.facet, entry.causes, entry.says, "reply", entry.final, entry.conduct)
