"""Lines of logs given to `explain`: whose words they are, and which of them tell of nothing."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from probe.explanation import Explanation, to_json
from probe.maillog.lines import LogLines
from probe.model.reply import Stage
from probe.model.verdict import ExitCode, FixBy
from probe.reading.log.event import Event, Kind, Speaker, Status
from probe.reading.log.looks import may_be_logged
from probe.report.formats import Kind as ReportKind
from probe.report.formats import formats_of
from probe.report.style import Style
from tests.unit.reading.log.samples import SAMPLES, Sample, events, sample

HEAD = "Nov 28 20:25:15 mail postfix/"
UNKNOWN = (
    f"{HEAD}smtp[884]: 4B2A91: to=<bob@x.example>, relay=mx.x.example[192.0.2.1]:25, delay=1, "
    "delays=0/0/1/0, dsn=5.1.1, status=bounced (host mx.x.example[192.0.2.1] said: 550 5.1.1 "
    "<bob@x.example>: User unknown (in reply to RCPT TO command))"
)
NO_CONNECTION = (
    f"{HEAD}smtp[884]: 4B2A91: to=<bob@x.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, "
    "status=deferred (connect to mx.x.example[192.0.2.1]:25: Connection refused)"
)
SENT = (
    f"{HEAD}smtp[884]: 4B2A91: to=<bob@x.example>, relay=mx.x.example[192.0.2.1]:25, delay=1, "
    "delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 7F31)"
)


def _shown(explanation: Explanation) -> str:
    return formats_of(ReportKind.REPLY)["text"].write(ReportKind.REPLY, explanation, Style(width=100))


def _explained(*lines: str) -> list[Explanation]:
    log = LogLines()
    explanations: list[Explanation] = []
    for number, line in enumerate(lines, 1):
        assert log.is_open or may_be_logged(line), line
        explanations += log.take(line, number, number) or ()
    return [*explanations, *log.end(len(lines))]


def _one(*lines: str) -> Explanation:
    (result,) = _explained(*lines)
    return result


def test_a_remote_reply_is_told_as_such() -> None:
    row = to_json(_one(UNKNOWN))
    assert row["reply"] == {"code": 550, "enhanced_status": "5.1.1", "text": "<bob@x.example>: User unknown"}
    assert (row["stage"], row["cause"], row["local"]) == (Stage.RCPT, "user_unknown", None)
    assert (row["queue_id"], row["recipient"], row["relay"]) == ("4B2A91", "bob@x.example", "mx.x.example")
    assert _one(UNKNOWN).exit_code is ExitCode.REFUSED


def test_relay_none_is_no_refused_relaying_and_the_own_words_are_no_reply() -> None:
    result = _one(NO_CONNECTION)
    row = to_json(result)
    assert row["reply"] is None and row["local"].startswith("connect to mx.x.example")
    assert row["cause"] == "connection_failed" and row["status"] == "deferred"
    assert result.exit_code is ExitCode.DEFERRED


@pytest.mark.parametrize(
    "line",
    [
        f"{HEAD}qmgr[884]: 4B2A91C3: from=<a@x.example>, size=299, nrcpt=1 (queue active)",
        f"{HEAD}qmgr[884]: 4B2A91C3: removed",
        f"{HEAD}pickup[884]: 4B2A91C3: uid=0 from=<root>",
        f"{HEAD}cleanup[884]: 4B2A91C3: message-id=<550.5.1.1@x.example>",
        f"{HEAD}smtpd[884]: connect from unknown[192.0.2.1]",
        f"{HEAD}anvil[884]: statistics: max connection rate 1/60s for (smtp:192.0.2.1) at Nov 28 20:25:15",
        f"{HEAD}local[884]: 4B2A91: to=<root@x.example>, relay=local, delay=1, delays=0/0/1/0, dsn=2.0.0, "
        "status=sent (delivered to mailbox)",
        "2026-11-29 02:40:37.583 +0000 [271] cwd=/ 5 args: exim4 -odq -f alice@sender.example",
        "2026-11-29 02:40:37 1wPbAz-0000000001D-2dvJ Completed",
        SENT,
    ],
)
def test_what_tells_of_no_failure_has_no_conclusion(line: str) -> None:
    result = _one(line)
    assert result.conclusion is None and result.excerpt is not None and result.excerpt.note
    assert to_json(result)["cause"] is None and result.exit_code is ExitCode.ACCEPTED


def test_what_was_sent_is_told_with_the_other_sides_words() -> None:
    row = to_json(_one(SENT))
    assert row["reply"]["code"] == 250 and "queued as 7F31" in row["reply"]["text"]
    assert row["status"] == "sent"


def test_a_plain_reply_never_comes_here() -> None:
    for reply in (
        "550 5.1.1 user unknown",
        "550-5.7.1 no\n550 5.7.1 status=bounced (to=<x>)",
        " 421 4.7.0 x",
    ):
        assert not may_be_logged(reply)
    log = LogLines()
    assert (
        log.take("host mx.x.example[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)", 1) is None
    )


def test_a_reply_quoted_on_the_way_to_the_next_server_is_read_as_a_reply() -> None:
    line = (
        f"{HEAD}smtp[884]: 4B2A91: host mx.x.example[192.0.2.1] said: 450 4.2.0 later (in reply to RCPT TO)"
    )
    assert LogLines().take(line, 1) is None


def test_a_listing_goes_on_over_its_lines_and_ends_at_a_reply() -> None:
    log = LogLines()
    listing = [line.decode() for line in sample("queue-mailq-postfix").lines]
    result = [it for number, line in enumerate(listing, 1) for it in log.take(line, number, number) or ()]
    causes = [it.cause.id for it in result if it.cause is not None]
    assert causes.count("connection_failed") >= 2
    assert {it.excerpt.event.status for it in result if it.excerpt and it.excerpt.event} >= {
        Status.DEFERRED,
        Status.HELD,
    }
    assert log.take("550 5.1.1 user unknown", 99) is None and not log.is_open


def test_the_sender_is_known_from_the_lines_before() -> None:
    first = f"{HEAD}qmgr[884]: 4B2A91: from=<a@y.example>, size=299, nrcpt=1 (queue active)"
    assert to_json(_explained(first, UNKNOWN)[1])["sender"] == "a@y.example"


def test_what_is_said_again_is_told_once() -> None:
    text = UNKNOWN.partition("]: ")[2]
    assert len(_explained(f"{HEAD}smtp[884]: message repeated 3 times: [ {text}]")) == 1


@pytest.mark.parametrize("which", SAMPLES, ids=lambda it: it.name)
def test_every_failure_of_every_program_is_read_by_its_reader(which: Sample) -> None:
    """Line by line, as `log` reads the whole: the same recipients, the same speaker."""
    wanted = {
        (it.recipient, it.queue_id, it.reply is not None)
        for it in events(which)
        if it.kind is Kind.ATTEMPT and it.status in (Status.DEFERRED, Status.BOUNCED) and it.words is not None
    }
    result = _explained_leniently(line.decode("utf-8", "replace") for line in which.lines)
    texts = {(it.recipient, it.queue_id, it.reply is not None) for it in result}
    assert wanted <= texts
    for event in result:
        assert event.words is None or event.words.speaker in Speaker


def _explained_leniently(lines: Iterable[str]) -> list[Event]:
    log = LogLines()
    explanations: list[Explanation] = []
    for number, line in enumerate(lines, 1):
        if log.is_open or may_be_logged(line):
            explanations += log.take(line, number, number) or ()
    explanations += log.end()
    return [
        it.excerpt.event for it in explanations if it.excerpt is not None and it.excerpt.event is not None
    ]


REFUSED_BY_US = (
    f"{HEAD}smtpd[12]: NOQUEUE: reject: RCPT from c.example[203.0.113.9]: {{}}; from=<x@y.example> "
    "to=<a@b.example> proto=ESMTP helo=<c.example>",
    "2026-11-28T10:00:05.000Z,MAIL01\\Frontend,08DE000000000001,12,192.0.2.5:25,203.0.113.9:41000,>,{},",
)


@pytest.mark.parametrize("line", REFUSED_BY_US)
@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
        "554 5.7.1 <a@b.example>: Relay access denied",
        "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org",
        "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in local recipient table",
    ],
)
def test_what_this_server_refused_is_for_who_runs_it(line: str, reply: str) -> None:
    (explanation,) = _explained(line.format(reply))
    assert explanation.conduct is not None
    assert explanation.conduct.fix_by is FixBy.SENDER
    assert explanation.conclusion is not None
    assert explanation.conclusion.action.startswith("Decide whether this mail server should take it")
    text = _shown(explanation)
    assert "you, who run this mail server" in text
    assert "the recipient's postmaster" not in text


def test_a_full_mailbox_of_this_server_is_its_owners() -> None:
    (explanation,) = _explained(REFUSED_BY_US[0].format("552 5.2.2 <a@b.example>: Mailbox is full"))
    assert explanation.conduct is not None
    assert explanation.conduct.fix_by is FixBy.RECIPIENT
    assert "you, who run" not in _shown(explanation)


def test_what_another_server_refused_is_told_as_before() -> None:
    (explanation,) = _explained(UNKNOWN)
    assert "you, who run this mail server" not in _shown(explanation)
