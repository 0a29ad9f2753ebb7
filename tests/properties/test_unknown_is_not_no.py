"""Unknown is not no: a run in which a question was not answered claims nothing that the whole run does not.

Each scenario runs whole, and then again with one answer replaced by a failure: each question that it asks,
and each reply of the mail server. The reports may know less; they must not say more.
"""

from __future__ import annotations

import asyncio

import pytest

from probe import lab, run
from probe._dataclass import replace
from probe.lab.scenario import Rule, Scenario, _merge
from probe.model.address_parse import parse_reverse_path
from probe.model.target import PairTarget
from probe.recording import events as ev
from probe.standards.dns.message import Question, Status
from tests.support.unanswered import OF_THE_CUT, Cut, firmer, observe

FAILURES = (Status.TIMEOUT, Status.SERVFAIL, Status.REFUSED)
AT_ONCE = 8
# A sender whose SPF takes every kind of term, with the policy of its organization, and no key
RICH = """
news.sender.example.           MX  10 mail.sender.example.
news.sender.example.           TXT "v=spf1 include:_spf.esp.example include:b.esp.example ptr -all"
_spf.esp.example.              TXT "v=spf1 exists:%{i}._x.esp.example ?all"
b.esp.example.                 TXT "v=spf1 mx:other.sender.example a:web.sender.example ?all"
other.sender.example.          MX  10 mx2.sender.example.
mx2.sender.example.            A   192.0.2.77
web.sender.example.            A   127.0.0.2
_dmarc.sender.example.         TXT "v=DMARC1; p=reject; sp=quarantine; aspf=s"
"""
FAILS = """
sender.example.                TXT "v=spf1 redirect=_spf.sender.example"
_spf.sender.example.           TXT "v=spf1 ip4:198.51.100.10 -all"
"""
BARE = """
sender.example.                NONE TXT
mail.sender.example.           NONE TXT
_dmarc.sender.example.         NONE TXT
s1._domainkey.sender.example.  NONE TXT
1.0.0.127.in-addr.arpa.        NONE PTR
"""
BROKEN = """
sender.example.                TXT "v=spf1 ip4:127.0.0.1 nonsense -all"
"""
HOSTS = """
recipient.example.             MX  10 mx.recipient.example.
recipient.example.             MX  20 gone.recipient.example.
"""
REFUSAL = (Rule("rcpt", ("550 5.0.0 rejected",), sender="*sender.example"),)


def _of(records: str, sender: str = "bob@sender.example", rules: tuple[Rule, ...] = ()) -> Scenario:
    healthy = lab.load("healthy")
    return replace(
        healthy,
        records=_merge(healthy.records, records),
        target=PairTarget(parse_reverse_path(sender), healthy.target.forward_path),
        smtp=replace(healthy.smtp, rules=rules),
    )


SCENARIOS = {
    "in order": lab.load("healthy"),
    "DANE": lab.load("dane"),
    "MTA-STS": lab.load("mta-sts-enforce"),
    "rich SPF": _of(RICH, "bob@news.sender.example"),
    "rich SPF, refused": _of(RICH, "bob@news.sender.example", REFUSAL),
    "SPF fails": _of(FAILS),
    "SPF broken": _of(BROKEN),
    "nothing published, refused": _of(BARE, rules=REFUSAL),
    "two hosts": _of(HOSTS),
    "no domain": lab.load("dangling-mx"),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_question_without_an_answer_adds_no_claim(name: str) -> None:
    async def disturb() -> dict[str, list[str]]:
        turns = asyncio.Semaphore(AT_ONCE)

        async with lab.serve(SCENARIOS[name]) as it:
            whole = await observe(it)
            report = run.report_of(whole)

            async def without(missing: Question, status: Status) -> list[str]:
                async with turns:
                    recording = await observe(it, lambda question: status if question == missing else None)
                return firmer(report, run.report_of(recording))

            questions = [event.answer.question for event in whole.all(ev.DnsAnswered)]
            cases = [(one, FAILURES[place % len(FAILURES)]) for place, one in enumerate(questions)]
            wrong = await asyncio.gather(*(without(*case) for case in cases))
        assert len(cases) > 15
        return {f"{one}: {status}": it for (one, status), it in zip(cases, wrong, strict=True) if it}

    assert asyncio.run(disturb()) == {}


@pytest.mark.parametrize("name", ["unknown-user", "tmall"])
@pytest.mark.parametrize("how", ["end", "half", "silence"])
def test_a_reply_that_did_not_come_adds_no_claim(name: str, how: str) -> None:
    async def disturb() -> dict[str, list[str]]:
        turns = asyncio.Semaphore(AT_ONCE)

        async with lab.serve(lab.load(name)) as it:
            whole = await observe(it)
            report = run.report_of(whole)

            async def cut(number: int, only: int | None) -> list[str]:
                async with turns:
                    recording = await observe(it, dial=Cut(number, how, only))
                return firmer(report, run.report_of(recording), OF_THE_CUT)

            sessions = len(whole.all(ev.SessionOpened))
            cases = [(number, only) for number in range(1, 8) for only in (None, *range(1, sessions + 1))]
            wrong = await asyncio.gather(*(cut(*case) for case in cases))
        return {f"reply {case[0]} of {case[1]}": it for case, it in zip(cases, wrong, strict=True) if it}

    assert asyncio.run(disturb()) == {}
