"""What a relay of the sender's own did not take: who can mend it, and in which words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.action import action_of
from probe.diagnosis.checklist import checklist
from probe.diagnosis.next_test import next_test
from probe.diagnosis.verdict import Diagnosis, diagnose
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.knowledge.causes import causes
from probe.model.reply import Stage
from probe.model.sender_mta import Route
from probe.model.session import EndReason
from probe.model.target import Options
from probe.model.verdict import FixBy, Outcome, Side
from tests.support import facts as make
from tests.unit.checks.vantage.test_sender_mta import RELAY, RELAYING
from tests.unit.diagnosis.own_cases import WAITS
from tests.unit.diagnosis.test_outcome import met

# The recipient's side, which a relay of one's own is not.
_THEIRS = re.compile(r"recipient's (?:administrator|postmaster|server)|their administrator|the domain's MX")


def at_relay(*sessions: Session) -> Facts:
    return make.facts(sessions=sessions, mta=RELAYING, relay=(RELAY,), user_options=Options())


def said(code: int, text: str, stage: Stage = Stage.RCPT) -> Facts:
    return at_relay(met(stage, make.reply(code, text)))


def told(facts: Facts) -> tuple[Diagnosis, str]:
    findings = findings_of(facts)
    diagnosis = diagnose(facts, findings)
    return diagnosis, action_of(diagnosis, facts, findings)


CASES = {
    "relay_denied": (said(554, "5.7.1 <a@b.example>: Relay access denied"), "Log in at the relay"),
    "smtp_auth_required": (said(530, "5.7.0 Authentication required", Stage.MAIL), "Log in at the relay"),
    "auth_failed": (said(550, "5.7.23 SPF validation failed"), "the relay sends from"),
    "ip_blocklisted": (
        said(554, "5.7.1 Client host [192.0.2.10] blocked using zen.spamhaus.org"),
        "have who runs it let the address in",
    ),
    "rate_limited": (said(450, "4.7.1 Error: too much mail from 192.0.2.10"), "what the relay's operator"),
    "user_unknown": (said(550, "5.1.1 User unknown in relay recipient table"), "tell who runs the relay"),
    "tls_problem": (
        said(530, "5.7.0 Must issue a STARTTLS command first", Stage.MAIL),
        "If the relay asks for TLS, turn it on",
    ),
    "server_error": (said(451, "4.3.0 Temporary lookup failure"), "read its own log"),
    "greylisted": (said(450, "4.2.0 Greylisted"), "a relay greylists no client of its own"),
    "connection_failed": (
        at_relay(make.session(connected=False, exchanges=(), end=EndReason.REFUSED, tls=None)),
        "See whether its name and port are those that its operator names",
    ),
}


@pytest.mark.parametrize("cause", CASES)
def test_who_runs_the_relay_mends_it_and_the_words_say_so(cause: str) -> None:
    facts, says = CASES[cause]
    diagnosis, action = told(facts)
    verdict = diagnosis.verdict
    assert (verdict.cause, verdict.fix_by) == (cause, FixBy.SENDER)
    assert says in action
    assert _THEIRS.search(action) is None
    eighth = next(step for step in checklist(diagnosis, (), action) if step.step == 8)
    assert "note" not in eighth.do  # there is none: it would go to the postmaster of another server


def test_a_full_mailbox_stays_the_recipients() -> None:
    diagnosis, action = told(said(452, "4.2.2 Mailbox full"))
    assert (diagnosis.verdict.cause, diagnosis.verdict.fix_by) == ("mailbox_full", FixBy.RECIPIENT)
    assert "make room" in action


def test_a_rule_for_the_recipients_administrator_gives_way() -> None:
    """Its advice is about the receiver's own resolver at a blocklist, here that of the relay."""
    diagnosis, action = told(said(450, "4.7.1 blocked using zen.spamhaus.org; Error: open resolver"))
    assert diagnosis.side is Side.RELAY
    assert _THEIRS.search(action) is None


def test_every_cause_that_an_administrator_mends_has_words_for_a_relay() -> None:
    for cause in causes().values():
        mends = {cause.transient.fix_by, cause.permanent.fix_by}
        words = cause.told_by(Side.RELAY)
        if mends & {FixBy.RECIPIENT_ADMIN, FixBy.EITHER} and cause.id != "expired":
            assert words.action != cause.action, cause.id
        if words.action != cause.action:
            for text in (words.title, words.meaning, words.action_at(Stage.RCPT, permanent=True)):
                assert _THEIRS.search(text) is None, cause.id


def test_the_local_mail_server_is_no_recipients_server() -> None:
    diagnosis, _ = told(WAITS)
    assert (diagnosis.verdict.cause, diagnosis.side) == ("server_error", Side.OWN)
    assert "this host's own" in causes()["server_error"].told_by(Side.OWN).title
    steps = checklist(diagnosis, (), "")
    assert "This host's own mail server" in steps[0].do


def test_the_relay_is_asked_again_from_another_host_not_the_mx() -> None:
    facts = CASES["connection_failed"][0]
    test = next_test(facts, diagnose(facts, ()))
    assert test is not None
    line = test.command or test.text
    assert "--mx relay.example.org:587 --allow-private" in line or "--bind" in line


def test_what_the_relay_takes_is_judged_as_ever() -> None:
    taken = at_relay(met(Stage.RCPT, make.reply(250, "ok")))
    assert diagnose(taken, ()).side is Side.RECIPIENT
    route = replace(RELAYING, route=Route(RELAYING.route.kind, "smtp", "s"))
    assert diagnose(replace(taken, mta=route), ()).verdict.outcome is Outcome.ACCEPTED
