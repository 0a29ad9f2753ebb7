"""KumoMTA's record types beside deliveries: out-of-band bounces, delays, transfers (kumod's logging.rs)."""

from __future__ import annotations

import json
from typing import Any

from probe.maillog.outcome import Outcome
from probe.maillog.pseudonym import Names
from probe.maillog.summary import totals
from probe.reading.log.event import Event, Kind, Relay, Speaker, Status, Words
from probe.report.log_rows import NamedOutcome, outcome_object
from tests.unit.maillog.made import counted
from tests.unit.reading.log.samples import one, several


def _record(kind: str, recipient: str = "bob@b.example", **fields: Any) -> str:
    response = {"code": 250, "enhanced_code": None, "content": "ok", "command": "."}
    rest = {
        "id": f"id-{kind}",
        "sender": "news@a.example",
        "queue": "b.example",
        "site": "",
        "response": response,
        "peer_address": {"name": "mx.b.example.", "addr": "192.0.2.1"},
        "timestamp": 1795919615,
        "created": 1795919600,
    }
    return json.dumps({"type": kind, "recipient": recipient, **rest, **fields})


def _said(code: int, content: str, *status: int) -> dict[str, Any]:
    parts = dict(zip(("class", "subject", "detail"), status, strict=True)) if status else None
    return {"code": code, "enhanced_code": parts, "content": content, "command": None}


def _late(recipient: str = "bob@b.example", content: str = "no such user") -> str:
    return _record("OOB", recipient, response=_said(550, content, 5, 1, 1), queue="bounce.a.example")


def test_an_out_of_band_bounce_is_a_refusal_in_the_words_of_the_report() -> None:
    event = one("kumomta", _late())
    assert (event.status, event.kind, event.is_late) == (Status.BOUNCED, Kind.ATTEMPT, True)
    assert event.words == Words(Speaker.REMOTE, "550 5.1.1 no such user")
    # the address is that of the server that brought the report
    assert event.relay == Relay("mx.b.example.")


def test_a_report_without_a_reply_has_its_status_and_no_invented_code() -> None:
    assert one("kumomta", _late(content="")).words == Words(Speaker.REMOTE, "5.1.1")


def test_a_message_that_came_back_counts_once() -> None:
    rows = [_record("Delivery"), _record("Delivery", "al@b.example"), _late(), _late("before@b.example")]
    outcomes: list[Outcome] = []
    result = totals(counted(rows, "kumomta", outcomes))
    assert (result.messages, result.sent, result.bounced) == (3, 1, 2)
    last = {it.event.recipient: outcome_object(NamedOutcome(it, Names(None))) for it in outcomes}
    assert last["bob@b.example"]["status"] == "bounced"
    assert last["bob@b.example"]["cause"] == "user_unknown"


def test_what_is_put_off_without_a_try_waits() -> None:
    words = _said(451, "KumoMTA internal: delivery suspended: spool unhealthy")
    late, other = _record("Delayed", "al@b.example", response=words), _record("Delayed", response=words)
    event = one("kumomta", other)
    assert (event.kind, event.status) == (Kind.QUEUE, Status.QUEUED)
    assert event.words == Words(Speaker.LOCAL, "delivery suspended: spool unhealthy")
    delivery = _record("Delivery", "al@b.example", id="id-Delayed")
    result = totals(counted([late, other, delivery], "kumomta"))
    assert (result.queued, result.sent, result.attempts) == (1, 1, 0)


def test_what_went_to_another_node_no_longer_waits_here() -> None:
    put_off = _record("TransientFailure", id="m1", response=_said(451, "later"))
    moved = _record("XferOut", id="m1")
    assert totals(counted([put_off], "kumomta")).deferred == 1
    assert totals(counted([put_off, moved], "kumomta")).deferred == 0


def test_records_that_tell_no_fate_are_passed_over() -> None:
    kinds = ("Reception", "Feedback", "XferIn", "AdminRebind", "DeferredInjectRebind")
    result: list[Event] = several("kumomta", *map(_record, kinds))
    assert result == []
