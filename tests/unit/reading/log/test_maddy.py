"""Maddy: what follows a failed attempt is told by a later line; a reply is put together again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.maillog.outcome import Outcome
from probe.maillog.pseudonym import Names
from probe.maillog.summary import totals
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Relay, Speaker, Status, Words
from probe.reading.log.formats import detect
from probe.report.log_rows import NamedOutcome, outcome_object
from tests.unit.maillog.made import counted
from tests.unit.reading.log.samples import events, sample, several

MX = "mx.b.example."


def _line(what: str, queue_id: str = "330a1ed9", gap: str = "\t", **fields: object) -> str:
    text = json.dumps({"msg_id": queue_id, **fields}, separators=(",", ":"))
    return f"Nov 30 10:00:00 mail maddy[7]: queue: {what}{gap}{text}"


def _failed(rcpt: str, code: int, text: str, status: str = "4.7.1", server: str = MX) -> str:
    fields: dict[str, Any] = {
        "smtp_code": code,
        "smtp_enchcode": status,
        "smtp_msg": f"{server} said: {text}",
    }
    return _line("delivery attempt failed", rcpt=rcpt, reason=text, remote_server=server, **fields)


def _retry(*rcpts: str) -> str:
    return _line("will retry", attempts_count=1, rcpts=list(rcpts))


def _end(rcpt: str) -> str:
    return _line("not delivered, permanent error", rcpt=rcpt)


def _brief(result: list[Event]) -> list[tuple[Status, str | None]]:
    return [(it.status, it.recipient) for it in result]


def test_a_failure_is_what_the_line_behind_it_says() -> None:
    lines = [
        _failed("a@b.example", 550, "no", "5.1.1"),
        _failed("b@b.example", 451, "later"),
        _end("a@b.example"),
        _failed("c@b.example", 451, "later"),
        _retry("b@b.example", "c@b.example"),
        _failed("b@b.example", 451, "later"),
        _end("b@b.example"),
        _line("delivered", rcpt="c@b.example", attempt=2),
    ]
    result = several("maddy", *lines)
    assert _brief(result) == [
        (Status.BOUNCED, "a@b.example"),
        (Status.DEFERRED, "b@b.example"),
        (Status.DEFERRED, "c@b.example"),
        (Status.EXPIRED, "b@b.example"),
        (Status.SENT, "c@b.example"),
    ]
    counts = totals(counted(lines, "maddy"))
    assert (counts.sent, counts.cured, counts.bounced, counts.expired, counts.deferred) == (1, 1, 1, 1, 0)


def test_what_no_line_settles_waits() -> None:
    assert _brief(several("maddy", _failed("a@b.example", 550, "no"))) == [(Status.DEFERRED, "a@b.example")]


def test_an_error_of_maddys_own_that_lasts_is_given_up_only_after_a_deferral() -> None:
    own = _line("delivery attempt failed", rcpt="a@b.example", reason="you shall not pass")
    assert _brief(several("maddy", own, _end("a@b.example"))) == [(Status.BOUNCED, "a@b.example")]
    result = several("maddy", own, _retry("a@b.example"), own, _end("a@b.example"))
    assert _brief(result)[-1] == (Status.EXPIRED, "a@b.example")
    assert result[-1].earlier == Words(Speaker.LOCAL, "you shall not pass")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"reason": "no", "smtp_code": 550, "smtp_enchcode": "5.1.1", "smtp_msg": f"{MX} said: no"},
            Words(Speaker.REMOTE, "550 5.1.1 no"),
        ),
        (
            {"reason": "SMTP error 550: no", "smtp_code": 550, "smtp_enchcode": "-1.-1.-1", "smtp_msg": "no"},
            Words(Speaker.REMOTE, "550 no"),
        ),
        (
            {"reason": "two\nlines", "smtp_code": 451, "smtp_enchcode": "0.0.0", "smtp_msg": "two\nlines"},
            Words(Speaker.REMOTE, "451 two\nlines"),
        ),
        (
            {
                "reason": "idna: bad rune",
                "smtp_code": 550,
                "smtp_enchcode": "5.6.7",
                "smtp_msg": "cannot convert",
            },
            Words(Speaker.LOCAL, "idna: bad rune"),
        ),
    ],
)
def test_only_what_the_server_said_is_its_reply(fields: dict[str, Any], expected: Words) -> None:
    line = _line("delivery attempt failed", rcpt="a@b.example", remote_server=MX, **fields)
    (event,) = several("maddy", line)
    assert (event.words, event.relay) == (expected, Relay("mx.b.example"))


def test_a_connection_that_failed_names_its_address() -> None:
    dial = "dial tcp 192.0.2.1:25: connect: connection refused"
    fields: dict[str, Any] = {
        "smtp_code": 450,
        "smtp_msg": "Network I/O error",
        "remote_server": "192.0.2.1:25",
    }
    (event,) = several("maddy", _line("delivery attempt failed", rcpt="a@b.example", reason=dial, **fields))
    assert event.words == Words(Speaker.LOCAL, dial, Stage.CONNECT)
    assert event.relay == Relay(None, "192.0.2.1", 25)


@pytest.mark.parametrize("gap", ["\t", "#011", "        "])
def test_the_tab_may_have_been_written_otherwise(gap: str) -> None:
    line = _line("delivered", gap=gap, rcpt="a@b.example")
    row = detect([line.encode()])
    assert row is not None
    assert row.name == "maddy"
    assert several("maddy", line)[0].kind is Kind.ATTEMPT


def test_lines_of_debugging_are_passed_over() -> None:
    assert several("maddy", _line("delivered", rcpt="a@b.example").replace("queue:", "[debug] queue:")) == []


def test_failures_that_are_held_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.reading.log.maddy._HELD", 2)
    result = several(
        "maddy", *(_failed(f"{name}@b.example", 451, "later") for name in "abc"), _end("c@b.example")
    )
    assert [it.recipient for it in result] == ["a@b.example", "c@b.example", "b@b.example"]


def test_the_sample_has_a_sender_and_each_fate() -> None:
    result = events(sample("maddy"))
    assert {it.sender for it in result if it.queue_id == "330a1ed9"} == {"shop@sender.example"}
    assert {it.sender for it in result if it.queue_id == "70a28a29"} == {""}
    log = b"".join(line + b"\n" for line in sample("maddy").lines)
    outcomes: list[Outcome] = []
    counted(log, "maddy", outcomes)
    rows = [outcome_object(NamedOutcome(it, Names(None))) for it in outcomes]
    assert {(it["recipient"], it["status"], it["cause"]) for it in rows} == {
        ("bob@ok.example", "sent", None),
        ("bob@unknown.example", "bounced", "user_unknown"),
        ("bob@grey.example", "sent", None),
        ("bob@null.example", "bounced", "bad_domain"),
        ("bob@full.example", "expired", "mailbox_full"),
        ("bob@refused.example", "deferred", "connection_failed"),
    }
