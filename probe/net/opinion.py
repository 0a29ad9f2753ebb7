"""The second opinion on one record, whoever gives it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from probe._dataclass import dataclass
from probe.model.observed import OpinionFault, OpinionSubject
from probe.model.reason import Reason
from probe.standards.dns.message import Answer, Question

Ask = Callable[[tuple[Question, ...]], Awaitable[tuple[Answer, ...]]]
"""Asks questions of DNS, and has the answers in their order."""

AskNow = Callable[[Question, float], Answer]
"""Asks one question and waits for its answer, as the algorithms may believe it, at most so many seconds.
Raises TimeoutError when there is none by then, or never will be."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """The opinion on the record of one domain; a record that does not exist is a warning. `fault` is set, and
    the rest empty, when it could not judge: that is no fault of the record."""

    subject: OpinionSubject
    domain: str
    library: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    fault: Reason[OpinionFault] | None = None


Subjects = tuple[tuple[OpinionSubject, str], ...]
"""Records that an opinion is asked for, each with its domain (A-labels)."""


def subjects_of(
    sender_domain: str | None, author_domain: str | None, recipient_domain: str | None
) -> Subjects:
    """SPF of the sender domain, DMARC of the author domain, MTA-STS and TLS-RPT of the recipient domain; None
    leaves a side out."""
    pairs = (
        (OpinionSubject.SPF, sender_domain),
        (OpinionSubject.DMARC, author_domain),
        (OpinionSubject.MTA_STS, recipient_domain),
        (OpinionSubject.SMTP_TLS_REPORTING, recipient_domain),
    )
    return tuple((subject, domain) for subject, domain in pairs if domain is not None)


BY_ITS_OWN_FAULT = "by a fault of its own"


def library() -> str:
    """Name and version of the library whose opinion it is."""
    from importlib.metadata import version  # loads much

    return f"checkdmarc {version('checkdmarc')}"
