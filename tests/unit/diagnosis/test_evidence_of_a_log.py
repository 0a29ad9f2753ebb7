"""What the log of --log adds to the evidence: when it is read, with which host, and beside what."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from probe.diagnosis import evidence
from probe.diagnosis.evidence import bounce_reading, earlier_reading, evidence_of, log_reading
from probe.diagnosis.outcome import observe
from probe.facts.model import Facts
from probe.model.debugging import DEBUG
from probe.model.fault import collect_faults
from probe.model.logged import LogAccount, LogFate, LoggedDelivery
from probe.model.notice_reason import NoticeForm
from probe.model.program_part import ProgramPart
from probe.model.reply import Stage
from probe.reading.bounce.about import BounceFacts
from probe.reading.bounce.results import DeliveryNotice, NoticeKind
from probe.standards.dsn.results import DeliveryStatus
from tests.support import facts as make

DELIVERY = LoggedDelivery(
    status=LogFate.DEFERRED,
    at="2026-11-28T20:25:15Z",
    attempts=1,
    queue_id="4B2A91",
    reverse_path=str(make.SENDER),
    recipient=str(make.RECIPIENT),
    relay_host="gmail-smtp-in.l.google.com",
    relay_ip="192.0.2.25",
    source_ip=ip_address("192.0.2.1"),
    words="452 4.2.2 mailbox full",
    is_remote=True,
    stage=Stage.RCPT,
    file="mail.log",
    line=7,
)
FULL = make.session(exchanges=(make.exchange(Stage.RCPT, make.reply(550, "5.2.2 mailbox full")),))
BOUNCE = BounceFacts(
    DeliveryNotice(NoticeKind.BOUNCE, NoticeForm.BOUNCE, ()),
    DeliveryStatus(str(make.RECIPIENT), reply="550 5.1.1 user unknown", is_remote=True),
    True,
)


def logged(*, refused: bool = True, bounce: BounceFacts | None = None, **changes: Any) -> Facts:
    log = LogAccount(("mail.log",), "", "", replace(DELIVERY, **changes), 0, None)
    rest: dict[str, Any] = {"sessions": (FULL,)} if refused else {}
    return make.facts(log=log, bounce=bounce, **rest)


def test_a_log_is_read_where_it_tells_why_the_message_was_not_handed_over() -> None:
    assert log_reading(make.facts()) is None
    assert log_reading(logged(status=LogFate.SENT)) is None
    assert log_reading(logged(words="")) is None
    for fate in (LogFate.DEFERRED, LogFate.BOUNCED, LogFate.EXPIRED, LogFate.UNKNOWN):
        assert log_reading(logged(status=fate)) is not None


def test_a_deferral_is_not_read_where_this_run_was_accepted() -> None:
    assert log_reading(logged(refused=False)) is None
    assert log_reading(logged(refused=False, status=LogFate.BOUNCED)) is not None


def test_the_host_counts_only_where_the_words_are_the_remote_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts: list[str] = []
    monkeypatch.setattr(evidence, "read_reply", lambda text, stage, host, ref: hosts.append(host))
    log_reading(logged(is_remote=True))
    log_reading(logged(is_remote=False))
    assert hosts == [DELIVERY.relay_host, ""]


def test_a_fault_in_the_reader_of_the_logs_words_is_of_the_first_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> Any:
        raise RuntimeError("a test")

    monkeypatch.setattr(evidence, "read_reply", fail)
    monkeypatch.delenv(DEBUG)
    with collect_faults() as faults:
        assert log_reading(logged()) is None
    assert [(it.part, it.step) for it in faults] == [(ProgramPart.LOG, 1)]


def test_the_bounce_is_read_before_the_log() -> None:
    both, bounce = logged(bounce=BOUNCE), make.facts(bounce=BOUNCE)
    assert earlier_reading(both) == bounce_reading(both) is not None
    assert earlier_reading(bounce) == bounce_reading(bounce)
    assert earlier_reading(logged()) == log_reading(logged()) is not None
    assert earlier_reading(make.facts()) is None


def test_bounce_and_log_both_add_their_evidence() -> None:
    facts = logged(bounce=BOUNCE, words="450 4.7.1 greylisted, try again later")
    rules = {item.rule for item in evidence_of(facts, observe(facts))}
    bounce, log = bounce_reading(facts), log_reading(facts)
    assert bounce is not None and log is not None
    assert {item.rule for item in log.evidence} - {item.rule for item in bounce.evidence}
    assert rules >= {item.rule for item in (*bounce.evidence, *log.evidence)}
