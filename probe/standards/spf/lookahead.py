"""Asks ahead what evaluating a record will ask, level by level, so that includes do not queue up.

It only fills the table of known answers. What counts as a look-up, a void look-up or an error is
decided by the evaluation, term by term, as if it had asked each question itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from probe._dataclass import dataclass, field
from probe.settings import SPF_LOOKUP_LIMIT, SPF_MX_LIMIT, SPF_PTR_LIMIT
from probe.standards.dns import names
from probe.standards.dns.message import Answer, Question, RecordType, Resolution
from probe.standards.spf.client import Client, spf_records
from probe.standards.spf.macros import needs_validated_name
from probe.standards.spf.record import RecordError, SpfRecord, parse


@dataclass(slots=True)
class _Frontier:
    """The questions of the next level, and which of them lead on."""

    questions: list[Question] = field(default_factory=list)
    records: list[Question] = field(default_factory=list)  # TXT of includes and redirects
    hosts: list[Question] = field(default_factory=list)  # MX and PTR, whose names have addresses


def ask_ahead(
    record: SpfRecord, domain: str, client: Client, earlier: dict[Question, Answer]
) -> Resolution[None]:
    """Put the answers that evaluating `record` of `domain` may need into `earlier`.

    At most as many terms as the look-up limit allows are followed (RFC 7208 section 4.6.4), so a
    hostile record gains nothing by this.
    """
    budget = SPF_LOOKUP_LIMIT
    level = [(record, domain)]
    addresses: list[Question] = []
    while level or addresses:
        frontier = _Frontier(questions=addresses)
        for current, current_domain in level:
            budget -= _collect(frontier, current, current_domain, client, budget)
        questions = tuple(dict.fromkeys(q for q in frontier.questions if q not in earlier))
        if questions:
            answers = yield questions
            earlier.update(zip(questions, answers, strict=True))
        level = list(_next_records(frontier.records, earlier))
        addresses = _host_questions(frontier.hosts, client, earlier)


def _collect(frontier: _Frontier, record: SpfRecord, domain: str, client: Client, budget: int) -> int:
    """Add a record's questions; returns how many of its terms count as look-ups, at most `budget`."""
    count = 0
    reachable = client.reachable(record)
    for mechanism in reachable:
        if mechanism.asks_dns and count < budget:
            count += 1
            question = client.first_question(mechanism, domain)
            if question is not None:
                _add(frontier, question)
    redirect = record.redirect if len(reachable) == len(record.mechanisms) else None
    if redirect is not None and count < budget and not needs_validated_name(redirect.target):
        count += 1
        _add(frontier, Question(client.target(redirect.target, domain), RecordType.TXT))
    return count


def _add(frontier: _Frontier, question: Question) -> None:
    if names.why_bad_name(question.name):
        return
    frontier.questions.append(question)
    if question.rtype is RecordType.TXT:
        frontier.records.append(question)
    elif question.rtype in (RecordType.MX, RecordType.PTR):
        frontier.hosts.append(question)


def _next_records(
    questions: Iterable[Question], answers: dict[Question, Answer]
) -> Iterable[tuple[SpfRecord, str]]:
    for question in questions:
        records = spf_records(answers[question])
        if len(records) != 1:
            continue
        try:
            yield parse(records[0]), question.name
        except RecordError:
            continue


def _host_questions(
    questions: Iterable[Question], client: Client, answers: dict[Question, Answer]
) -> list[Question]:
    host_questions: list[Question] = []
    for question in questions:
        answer = answers[question]
        if question.rtype is RecordType.MX:
            hosts = [mx.exchange for mx in answer.mxs()]
            hosts = hosts if len(hosts) <= SPF_MX_LIMIT else []  # a permerror: nothing more is asked
        else:
            hosts = list(answer.names()[:SPF_PTR_LIMIT])
        host_questions += [Question(host, client.address_type) for host in hosts if host]
    return [question for question in host_questions if question not in answers]
