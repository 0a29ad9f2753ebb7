"""check_host() of RFC 7208 section 4: may this address send mail for this domain?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe._dataclass import dataclass, replace
from probe.model.address import IPAddress
from probe.model.near_miss import NearMiss, Place
from probe.model.spf import SpfReason, SpfStepOutcome, SpfWhy
from probe.model.text import decode
from probe.settings import SPF_LOOKUP_LIMIT, SPF_MX_LIMIT, SPF_PTR_LIMIT, SPF_VOID_LIMIT
from probe.standards.dns import names
from probe.standards.dns.message import Answer, Question, RecordType, Resolution, Status
from probe.standards.dns.ptr import unmap
from probe.standards.near_miss import near_miss
from probe.standards.spf.client import UNKNOWN_NAME, Client, spf_records
from probe.standards.spf.lookahead import ask_ahead
from probe.standards.spf.macros import (
    MacroError,
    MacroString,
    needs_validated_name,
    parse_explanation,
)
from probe.standards.spf.record import Mechanism, Modifier, RecordError, SpfRecord, parse
from probe.standards.spf.results import SpfIdentity, SpfResult, SpfStep, SpfVerdict


def check_host(
    ip: IPAddress,
    domain: str,
    sender_local: str,
    sender_domain: str,
    helo: str,
    *,
    identity: SpfIdentity = SpfIdentity.MAIL_FROM,
    receiver: str = "",
    timestamp: int = 0,
) -> Resolution[SpfResult]:
    """Evaluate the SPF policy of `domain` for mail from `ip`.

    The sender is `sender_local@sender_domain`; for the null reverse-path give postmaster and the
    HELO name (section 2.4). `receiver` and `timestamp` only serve %{r} and %{t} of explanations.
    DNS that did not answer gives temperror, and `problem` the question.
    """
    # section 4.3: an empty local part stands for postmaster
    client = Client(unmap(ip), sender_local or "postmaster", sender_domain, helo, receiver, timestamp)
    evaluation = _Evaluation(client)
    outcome = yield from evaluation.check(domain)
    explanation = ""
    if outcome.verdict is SpfVerdict.FAIL and outcome.explanation is not None:
        explanation = yield from evaluation.explain(outcome.explanation, outcome.domain)
    return SpfResult(
        ip=client.ip,
        domain=names.normal(domain),
        identity=identity,
        verdict=outcome.verdict,
        record=evaluation.own_record,
        matched=outcome.matched_term,
        lookups=evaluation.lookups,
        void_lookups=evaluation.void_lookups,
        trace=tuple(evaluation.trace),
        problem=outcome.problem,
        near=outcome.near,
        explanation=explanation,
        evidence=tuple(dict.fromkeys(evaluation.evidence)),
    )


_EXPLANATION_LIMIT = 1000  # characters: it is to fit into a reply (RFC 7208 section 8.4)


class _FailedError(Exception):
    """The evaluation ends here with temperror or permerror (section 2.6.6 and 2.6.7)."""

    def __init__(self, outcome: SpfStepOutcome, problem: SpfWhy) -> None:
        super().__init__(problem.tag.value)
        self.outcome = outcome
        self.problem = problem


def _permerror(problem: SpfWhy) -> _FailedError:
    return _FailedError(SpfStepOutcome.PERMERROR, problem)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one record (with what it redirects to) said, and the exp= that goes with a fail."""

    verdict: SpfVerdict
    domain: str
    matched_term: str | None = None
    problem: SpfWhy | None = None
    near: NearMiss | None = None
    explanation: MacroString | None = None


_Match = tuple[bool, SpfWhy | None]  # whether a mechanism matches, and how that came


class _Evaluation:
    """One run of check_host: the counters of section 4.6.4, the answers, the trace."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.answers: dict[Question, Answer] = {}
        self.lookups = 0
        self.void_lookups = 0
        self.trace: list[SpfStep] = []
        self.evidence: list[str] = []
        self.own_record: str | None = None
        self._path: list[str] = []  # the domains whose records led to the present one

    def check(self, domain: str) -> Resolution[_Outcome]:
        """The outcome for the domain that was asked about; errors become verdicts here."""
        try:
            return (yield from self._check(domain, depth=0))
        except _FailedError as failure:
            return _Outcome(SpfVerdict(failure.outcome.value), domain, problem=failure.problem)

    def explain(self, target: MacroString, domain: str) -> Resolution[str]:
        """The explanation of a fail; empty when anything about it is wrong (section 6.2)."""
        validated_name = yield from self._validated_for(target, domain)
        answer = yield from self._ask(self.client.target(target, domain, validated_name), RecordType.TXT)
        if len(answer.txts()) != 1:
            return ""
        try:
            text = parse_explanation(answer.txts()[0].data.decode("ascii"))
        except (MacroError, UnicodeDecodeError):
            return ""
        validated_name = yield from self._validated_for(text, domain)
        return self.client.explain(text, domain, validated_name)[:_EXPLANATION_LIMIT]

    def _check(self, domain: str, depth: int) -> Resolution[_Outcome]:
        """Section 4.3 to 4.7 for one domain; raises _FailedError."""
        if _is_no_domain(domain):
            return _Outcome(SpfVerdict.NONE, domain, problem=SpfWhy(SpfReason.NO_DOMAIN, domain=domain))
        answer = yield from self._ask(domain, RecordType.TXT)
        if answer.is_unknown:
            raise _failure_text(answer)
        records = spf_records(answer)
        if not records:
            near = near_miss(Place.SPF, (txt.data for txt in answer.txts()))
            return _Outcome(SpfVerdict.NONE, domain, near=near)
        if self.own_record is None:
            self.own_record = decode(records[0])
        if len(records) > 1:
            # section 4.5: more than one record is a permerror, even when they are equal
            raise _permerror(SpfWhy(SpfReason.SEVERAL_RECORDS, domain=domain, count=len(records)))
        try:
            record = parse(records[0])
        except RecordError as error:
            self._note(domain, depth, error.term, SpfStepOutcome.SYNTAX_ERROR, error.why)
            raise _permerror(error.of(domain)) from None
        if not self.trace and depth == 0:
            yield from ask_ahead(record, domain, self.client, self.answers)
        self._path.append(names.normal(domain))
        outcome = yield from self._evaluate(record, domain, depth)
        self._path.pop()
        return outcome

    def _evaluate(self, record: SpfRecord, domain: str, depth: int) -> Resolution[_Outcome]:
        for mechanism in record.mechanisms:
            is_match = yield from self._step(mechanism, domain, depth)
            if is_match:
                exp = record.explanation.target if record.explanation else None
                return _Outcome(mechanism.qualifier, domain, mechanism.text, explanation=exp)
        if record.redirect is not None:
            return (yield from self._redirect(record.redirect, domain, depth))
        # section 4.7: no match and no redirect is as if ?all stood at the end
        self._note(domain, depth, "", SpfStepOutcome.NEUTRAL, SpfWhy(SpfReason.NO_TERM_MATCHED))
        return _Outcome(SpfVerdict.NEUTRAL, domain)

    def _redirect(self, redirect: Modifier, domain: str, depth: int) -> Resolution[_Outcome]:
        """Section 6.1; its counting and its missing record are those of include."""
        self._count(domain, depth, redirect.text)
        target = yield from self._target(redirect.target, domain)
        on = SpfWhy(SpfReason.WENT_ON, host=target)
        self._note(domain, depth, redirect.text, SpfStepOutcome.REDIRECT, on)
        outcome = yield from self._check(target, depth)
        if outcome.verdict is SpfVerdict.NONE:
            why = SpfWhy(SpfReason.REDIRECT_WITHOUT_RECORD, term=redirect.text, host=target)
            raise _permerror(why)
        return outcome

    def _step(self, mechanism: Mechanism, domain: str, depth: int) -> Resolution[bool]:
        """One directive, with its line in the trace before those of what it includes."""
        if mechanism.asks_dns:
            self._count(domain, depth, mechanism.text)
        place = len(self.trace)
        try:
            is_match, detail = yield from self._match(mechanism, domain, depth)
        except _FailedError as failure:
            step = SpfStep(domain, depth, mechanism.text, failure.outcome, failure.problem)
            self.trace.insert(place, step)
            raise
        outcome = SpfStepOutcome.MATCH if is_match else SpfStepOutcome.NO_MATCH
        self.trace.insert(place, SpfStep(domain, depth, mechanism.text, outcome, detail))
        return is_match

    def _match(self, mechanism: Mechanism, domain: str, depth: int) -> Resolution[_Match]:
        if not mechanism.asks_dns:
            return self.client.decides(mechanism), None
        if mechanism.name == "ptr":
            return (yield from self._match_ptr(mechanism, domain))
        target = yield from self._target(mechanism.target, domain)
        if mechanism.name == "include":
            return (yield from self._match_include(target, depth))
        if mechanism.name == "mx":
            return (yield from self._match_mx(mechanism, target))
        if mechanism.name == "exists":
            # section 5.7: always A, whatever the family of the client
            answer = yield from self._answered(target, RecordType.A)
            return answer.status is Status.ANSWER, _how_answered(answer)
        answer = yield from self._answered(target, self.client.address_type)
        ip = self.client.matches(mechanism, answer)
        if ip is None:
            return False, _how_answered(answer)
        return True, SpfWhy(SpfReason.ADDRESS_MATCHED, ip=ip)

    def _match_include(self, target: str, depth: int) -> Resolution[_Match]:
        """Section 5.2: pass matches; fail, softfail and neutral do not; none is a permerror."""
        outcome = yield from self._check(target, depth + 1)
        if outcome.verdict is SpfVerdict.NONE:
            raise _permerror(SpfWhy(SpfReason.INCLUDE_WITHOUT_RECORD, host=target))
        why = SpfWhy(SpfReason.INCLUDED, result=outcome.verdict.value)
        return outcome.verdict is SpfVerdict.PASS, why

    def _match_mx(self, mechanism: Mechanism, target: str) -> Resolution[_Match]:
        """Section 5.4; without MX records nothing matches, the implicit MX does not count."""
        answer = yield from self._answered(target, RecordType.MX)
        hosts = [mx.exchange for mx in sorted(answer.mxs(), key=lambda mx: mx.preference) if mx.exchange]
        if len(hosts) > SPF_MX_LIMIT:
            why = SpfWhy(SpfReason.TOO_MANY_HOSTS, host=target, count=len(hosts), most=SPF_MX_LIMIT)
            raise _permerror(why)
        yield from self._fetch(Question(host, self.client.address_type) for host in hosts)
        for host in hosts:
            addresses = yield from self._answered(host, self.client.address_type)
            ip = self.client.matches(mechanism, addresses)
            if ip is not None:
                return True, SpfWhy(SpfReason.HOST_MATCHED, host=host, ip=ip)
        none = SpfWhy(SpfReason.NO_HOST_MATCHED, count=len(hosts))
        return False, none if hosts else _how_answered(answer)

    def _match_ptr(self, mechanism: Mechanism, domain: str) -> Resolution[_Match]:
        """Section 5.5: DNS trouble means no match, and is told in the trace; only the missing PTR itself is a
        void look-up."""
        answer = yield from self._ask(self.client.ptr_question.name, RecordType.PTR)
        self._count_void(answer)
        validated_name = yield from self._validated_names()
        target = yield from self._target(mechanism.target, domain)
        for name in validated_name:
            if names.is_subdomain(name, target):
                return True, SpfWhy(SpfReason.NAME_MATCHED, host=name)
        silent = self._unanswered_name(answer)
        if silent is not None:
            return False, _of(silent, SpfReason.UNANSWERED, failure=silent.failure)
        none = SpfWhy(SpfReason.NO_NAME_MATCHED, hosts=validated_name)
        return False, none if validated_name else _how_answered(answer)

    def _unanswered_name(self, ptr: Answer) -> Answer | None:
        """The first answer about the client's names that DNS left open."""
        forward = (
            self.answers[Question(names.normal(host), self.client.address_type)] for host in _hosts(ptr)
        )
        return next(
            (it for it in (ptr, *forward) if it.is_unknown and it.status is not Status.BAD_NAME), None
        )

    def _validated_names(self) -> Resolution[tuple[str, ...]]:
        """The client's names that lead back to it, of the first ten (section 4.6.4)."""
        answer = yield from self._ask(self.client.ptr_question.name, RecordType.PTR)
        hosts = _hosts(answer)
        questions = [Question(host, self.client.address_type) for host in hosts]
        yield from self._fetch(questions)
        validated_name: list[str] = []
        for host in hosts:
            forward = yield from self._ask(host, self.client.address_type)
            if self.client.ip in forward.addresses():
                validated_name.append(host)
        return tuple(validated_name)

    def _validated_for(self, parts: MacroString, domain: str) -> Resolution[str]:
        """What %{p} expands to: the domain itself, else a name below it, else any (section 7.3)."""
        if not needs_validated_name(parts):
            return UNKNOWN_NAME
        validated_name = yield from self._validated_names()
        own = names.normal(domain)
        return min(
            validated_name, key=lambda n: (n != own, not names.is_subdomain(n, own)), default=UNKNOWN_NAME
        )

    def _target(self, spec: MacroString | None, domain: str) -> Resolution[str]:
        validated_name = UNKNOWN_NAME
        if spec is not None:
            validated_name = yield from self._validated_for(spec, domain)
        return self.client.target(spec, domain, validated_name)

    def _answered(self, name: str, rtype: RecordType) -> Resolution[Answer]:
        """The answer to a question whose failure ends the evaluation; void ones are counted.

        A name that DNS cannot hold (section 4.3 leaves it open) counts as one without records.
        """
        answer = yield from self._ask(name, rtype)
        if answer.is_unknown and answer.status is not Status.BAD_NAME:
            raise _failure_text(answer)
        self._count_void(answer)
        return answer

    def _ask(self, name: str, rtype: RecordType) -> Resolution[Answer]:
        question = Question(names.normal(name), rtype)
        yield from self._fetch((question,))
        answer = self.answers[question]
        if answer.status is not Status.BAD_NAME:
            self.evidence.append(answer.ref)
        return answer

    def _fetch(self, questions: Iterable[Question]) -> Resolution[None]:
        """Ask what is not known yet, at once."""
        open_questions: list[Question] = []
        for question in dict.fromkeys(questions):
            reason = names.why_bad_name(question.name) if question not in self.answers else None
            if reason:
                self.answers[question] = Answer(question, Status.BAD_NAME, why=reason)
            elif question not in self.answers:
                open_questions.append(question)
        if open_questions:
            answers = yield tuple(open_questions)
            self.answers.update(zip(open_questions, answers, strict=True))

    def _count(self, domain: str, depth: int, term: str) -> None:
        """Section 4.6.4: at most ten terms that ask DNS, over all records together."""
        self.lookups += 1
        if self.lookups > SPF_LOOKUP_LIMIT:
            why = SpfWhy(SpfReason.TOO_MANY_TERMS, most=SPF_LOOKUP_LIMIT)
            self._note(domain, depth, term, SpfStepOutcome.LIMIT, why)
            circle = self._circle()
            if circle:
                raise _permerror(SpfWhy(SpfReason.CIRCLE, most=SPF_LOOKUP_LIMIT, hosts=circle))
            raise _permerror(replace(why, term=term, domain=domain))

    def _circle(self) -> tuple[str, ...]:
        """The circle in which the records that are being evaluated lead; () when they do not."""
        last = self._path[-1] if self._path else ""
        if self._path.count(last) < 2:
            return ()
        start = len(self._path) - 2 - self._path[-2::-1].index(last)
        return tuple(self._path[start:])

    def _count_void(self, answer: Answer) -> None:
        """Section 4.6.4: at most two look-ups that DNS answers with nothing."""
        if not answer.is_negative:
            return
        self.void_lookups += 1
        if self.void_lookups > SPF_VOID_LIMIT:
            raise _permerror(_of(answer, SpfReason.TOO_MANY_VOID, most=SPF_VOID_LIMIT))

    def _note(self, domain: str, depth: int, term: str, outcome: SpfStepOutcome, why: SpfWhy) -> None:
        self.trace.append(SpfStep(domain, depth, term, outcome, why))


def _is_no_domain(domain: str) -> bool:
    """Section 4.3: malformed, an address literal, or of one label only."""
    if domain.startswith("[") or names.why_bad_name(domain):
        return True
    return len(names.to_labels(domain)) < 2


def _failure_text(answer: Answer) -> _FailedError:
    why = _of(answer, SpfReason.UNANSWERED, failure=answer.failure)
    return _FailedError(SpfStepOutcome.TEMPERROR, why)


def _hosts(ptr: Answer) -> list[str]:
    """The client's names that are looked at: the first ten (section 4.6.4)."""
    return [name for name in ptr.names() if name][:SPF_PTR_LIMIT]


def _how_answered(answer: Answer) -> SpfWhy:
    """What one question was answered with."""
    if answer.is_negative:
        return _of(answer, SpfReason.VOID, status=answer.status.value)
    if answer.is_unknown:
        return _of(answer, SpfReason.NOT_LOOKED_UP, failure=answer.failure)
    return _of(answer, SpfReason.OTHER_ANSWER, status=answer.status.value)


def _of(answer: Answer, tag: SpfReason, **values: Any) -> SpfWhy:
    """A reason about one question."""
    return SpfWhy(tag, host=answer.question.name, rtype=answer.question.rtype.value, **values)
