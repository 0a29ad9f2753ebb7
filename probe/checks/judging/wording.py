"""How a check speaks: one finding of a given severity, and phrases that several checks share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from probe.facts.model import Facts
from probe.model.finding import Finding, Severity
from probe.model.target import PairTarget
from probe.standards.dns.results import RouteKind


@dataclass(frozen=True, slots=True)
class Voice:
    """Makes the findings of one check: `id` and `step` are the check's, `references` its sources.

    Every method takes the message (one sentence), the names of the observations that it rests on,
    and, where something can be done, the remedy (imperative)."""

    id: str
    step: int
    references: tuple[str, ...] = ()

    def fatal(self, message: str, evidence: Iterable[str] = (), remedy: str = "") -> Finding:
        """Mail to this recipient cannot work."""
        return self._finding(Severity.FATAL, message, evidence, remedy)

    def error(self, message: str, evidence: Iterable[str] = (), remedy: str = "") -> Finding:
        """Likely to have the mail refused or junked."""
        return self._finding(Severity.ERROR, message, evidence, remedy)

    def warning(self, message: str, evidence: Iterable[str] = (), remedy: str = "") -> Finding:
        """Should be mended."""
        return self._finding(Severity.WARNING, message, evidence, remedy)

    def notice(self, message: str, evidence: Iterable[str] = (), remedy: str = "") -> Finding:
        """Worth knowing."""
        return self._finding(Severity.NOTICE, message, evidence, remedy)

    def ok(self, message: str, evidence: Iterable[str] = ()) -> Finding:
        """Looked at and right."""
        return self._finding(Severity.OK, message, evidence, "")

    def not_assessed(self, reason: str, evidence: Iterable[str] = (), remedy: str = "") -> Finding:
        """Could not be looked at; the message says why, the remedy how it could be."""
        return self._finding(Severity.NOT_ASSESSED, reason, evidence, remedy)

    def of(self, severity: Severity, message: str, evidence: Iterable[str] = (), remedy: str = "") -> Finding:
        """A finding whose severity was computed."""
        return self._finding(severity, message, evidence, remedy)

    def _finding(self, severity: Severity, message: str, evidence: Iterable[str], remedy: str) -> Finding:
        refs = tuple(dict.fromkeys(evidence))  # each observation once, in the order of naming
        return Finding(self.id, severity, self.step, message, refs, remedy, self.references)


def series(items: Iterable[str], most: int = 6) -> str:
    """`a, b and c`; what is beyond `most` is counted instead of named."""
    names = list(items)
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def source_address(facts: Facts) -> str:
    """The address that is judged, with the reservation that it may not be the one mail leaves from."""
    ip = facts.vantage.source_ip
    if ip is None:
        return "the address that mail would leave from"
    if facts.vantage.is_sending_address is None:
        return f"{ip} (the address this probe connects from)"
    return str(ip)


def no_source_address(facts: Facts) -> str | None:
    """Why there is no address to judge; None when there is one."""
    if facts.vantage.source_ip is None:
        return (
            "the address that mail would leave from is not known: there is no route, and --ip was not given"
        )
    return None


def has_null_sender(facts: Facts) -> bool:
    """Whether there is no sender domain because the reverse-path is `<>` (RFC 5321 section 4.5.5)."""
    return isinstance(facts.target, PairTarget) and facts.sender.domain is None


def is_missing(facts: Facts, domain: str) -> bool:
    """Whether DNS denies the sender domain altogether (NXDOMAIN). Then the names below it do not exist
    either (RFC 8020), and no record helps before it does: `sender-domain-takes-mail` says what to do."""
    mail = facts.sender.mail
    return mail is not None and mail.kind is RouteKind.NO_DOMAIN and mail.domain == domain


def not_looked_at(facts: Facts) -> str:
    """The reason to give when a fact of the sender's side is absent."""
    if has_null_sender(facts):
        return "the reverse-path is <>, so there is no sender domain to judge"
    return no_source_address(facts) or "the run did not look at it"
