"""mox: the reply behind its own words, the host by the connection id, names in Unicode and ASCII."""

from __future__ import annotations

import pytest

from probe.maillog.outcome import Outcome
from probe.maillog.pseudonym import Names
from probe.model.reply import Stage
from probe.reading.log.event import Event, Relay, Speaker, Status, UnparsedLine, Words
from probe.reading.log.formats import by_name, detect
from probe.report.log_rows import NamedOutcome, outcome_object
from tests.unit.maillog.made import counted
from tests.unit.reading.log.samples import one, sample, several

ODD = "remote smtp server sent unexpected response status code: expected {}, got {}, {}"


def _line(what: str, rest: str, level: str = "error") -> str:
    return f'Nov 30 10:00:00 mail mox[7]: l={level} m="{what}" {rest}'


def _failure(error: str, kind: str = "permanent", recipient: str = "bob@b.example") -> str:
    rest = f'err="{error}" pkg=queue cid=1a from=news@a.example attempts=1 msgid=12 recipient={recipient}'
    return _line(f"{kind} failure delivering from queue", rest)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (
            ODD.format(250, 550, "permanent: 550 5.1.1 no"),
            Status.BOUNCED,
            Words(Speaker.REMOTE, "550 5.1.1 no"),
        ),
        (
            ODD.format(220, 554, "permanent: 554-go away"),
            Status.BOUNCED,
            Words(Speaker.REMOTE, "554-go away", Stage.GREETING, cut=True),
        ),
        ("tls error: STARTTLS: got 454, expected 220, permanent: 454 no", Status.BOUNCED, "tls"),
        (ODD.format(250, 451, "transient: 451 later"), Status.EXPIRED, Words(Speaker.REMOTE, "451 later")),
        ("no mail, permanent", Status.BOUNCED, Words(Speaker.LOCAL, "no mail")),
        ("dial tcp 192.0.2.1:25: i/o timeout", Status.EXPIRED, "dial"),
        ("lookup b.example on 127.0.0.53:53: no such host, permanent", Status.BOUNCED, "lookup"),
    ],
)
def test_the_reply_stands_behind_mox_own_words(error: str, status: Status, words: Words | str) -> None:
    event = one("mox", _failure(error))
    stages = {"tls": Stage.STARTTLS, "dial": Stage.CONNECT, "lookup": Stage.DNS}
    if isinstance(words, Words):
        assert event.words == words
    else:
        assert event.words is not None
        assert event.words.stage is stages[words]
    assert event.status is status
    assert (event.earlier == event.words) is (status is Status.EXPIRED)


def test_what_is_tried_again_waits_also_where_the_sender_is_told() -> None:
    kinds = (
        "temporary failure delivering from queue",
        "temporary failure delivering from queue, sending delayed dsn",
    )
    rest = 'err="x, transient: 451 later" msgid=12 recipient=bob@b.example'
    assert [one("mox", _line(kind, rest)).status for kind in kinds] == [Status.DEFERRED] * 2


def test_the_host_stands_in_the_line_before() -> None:
    host = _line("delivering to remote", "pkg=queue remote=mx.b.example cid=1a from=news@a.example", "info")
    other = _line("delivering to remote", "pkg=queue remote=mx.c.example cid=1b from=news@a.example", "info")
    sent = _line(
        "delivered from queue", "pkg=queue cid=1a from= cid=1c msgid=12 recipient=bob@b.example", "info"
    )
    (event,) = several("mox", host, other, sent)
    assert (event.status, event.relay, event.sender) == (Status.SENT, Relay("mx.b.example"), "")
    assert several("mox", sent)[0].relay is None


@pytest.mark.parametrize(
    ("text", "recipient"),
    [
        ('"bob@m\\u00fcller.example/bob@xn--mller-kva.example"', "bob@xn--mller-kva.example"),
        ('"\\"odd name\\"@b.example"', '"odd name"@b.example'),
        ("a/b@b.example", "a/b@b.example"),
        ('"b\\x41\\U0001f600@b.example"', "bA\U0001f600@b.example"),
        ('"\\Uffffffff@b.example"', "\ufffd@b.example"),
    ],
)
def test_names_are_read_as_go_writes_them(text: str, recipient: str) -> None:
    assert one("mox", _failure("no, permanent: 550 no", recipient=text)).recipient == recipient


def test_a_delivery_without_its_recipient_is_not_passed_over() -> None:
    row = by_name("mox")
    assert row is not None
    (record,) = row.make().read(_line("delivered from queue", "pkg=queue msgid=12").encode(), 1)
    assert isinstance(record, UnparsedLine)


def test_other_lines_of_mox_are_of_its_log_and_tell_nothing() -> None:
    line = _line("new connection", "pkg=smtpserver remote=192.0.2.1:41000 cid=1a", "info")
    row = detect([line.encode()])
    assert row is not None
    assert row.name == "mox"
    result: list[Event] = several("mox", line, _line("note from queue", "msgid=1"))
    assert result == []


def test_the_sample_has_each_fate() -> None:
    log = b"".join(line + b"\n" for line in sample("mox").lines)
    outcomes: list[Outcome] = []
    counted(log, "mox", outcomes)
    rows = [outcome_object(NamedOutcome(it, Names(None))) for it in outcomes]
    assert {(it["recipient"], it["status"], it["cause"]) for it in rows} == {
        ("bob@ok.example", "sent", None),
        ("bob@unknown.example", "bounced", "user_unknown"),
        ("bob@grey.example", "sent", None),
        ("bob@null.example", "bounced", "bad_domain"),
        ("bob@refused.example", "deferred", "connection_failed"),
        ('"odd name"@x.example', "expired", "server_error"),
        ("bob@xn--mller-kva.example", "bounced", "policy_unspecified"),
    }
