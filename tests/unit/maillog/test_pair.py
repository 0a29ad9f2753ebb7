"""One pair in a log: its last outcome, whose server it was, and how much goes there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from ipaddress import ip_address

from probe.maillog.pair import PairLog
from probe.model.logged import LogAccount, LogFate
from probe.model.reply import Stage
from probe.reading.log.octets import blocks
from probe.reading.log.reader import records_of_blocks
from tests.unit.maillog.made import SAID, line, reader
from tests.unit.reading.log.samples import sample

SENDER = "alice@a.example"


def told(
    lines: Iterable[str] | bytes,
    recipient: str = "bob@b.example",
    *,
    sender: str | None = SENDER,
    queue_id: str | None = None,
    format_name: str = "postfix",
) -> LogAccount:
    data = lines if isinstance(lines, bytes) else "".join(f"{it}\n" for it in lines).encode()
    log, items = PairLog(UTC, sender, recipient, queue_id), reader(format_name, brief=False)
    log.read_by(items)
    for records in records_of_blocks(items, blocks([data])):
        log.take(records)
    log.end()
    return log.log_facts(("mail.log",), recipient.rpartition("@")[2])


def arrived(queue_id: str = "ABCDEF1234", sender: str = SENDER, at: str = "02:59:59") -> str:
    return f"Nov 29 {at} mail postfix/qmgr[1]: {queue_id}: from=<{sender}>, size=299, nrcpt=1 (queue active)"


GREY = SAID.format("451 4.7.1 Greylisted")
LATER = line("deferred", GREY)
TAKEN = line("sent", "250 2.0.0 Ok: queued as 7F31", at="03:10:00")


def test_the_last_outcome_is_told() -> None:
    result = told([arrived(), LATER, line("deferred", GREY, at="03:05:00")])
    assert result.delivery is not None
    assert (result.delivery.status, result.delivery.attempts) == (LogFate.DEFERRED, 2)
    assert result.delivery.words == "451 4.7.1 Greylisted" and result.delivery.is_remote
    assert (result.delivery.stage, result.delivery.reverse_path) == (Stage.RCPT, SENDER)
    assert (result.delivery.relay_host, result.delivery.relay_ip) == ("mx.b.example", "192.0.2.1")
    assert result.delivery.at == "2026-11-29T03:05:00Z"


def test_what_was_cured_is_delivered() -> None:
    result = told([arrived(), LATER, TAKEN])
    assert result.delivery is not None and result.delivery.status is LogFate.SENT
    assert result.volume is not None
    assert (result.volume.delivered, result.volume.cured, result.volume.waiting) == (1, 1, 0)
    assert result.volume.share_deferred == 1.0


def test_another_sender_is_counted_and_not_told() -> None:
    result = told([arrived(sender="eve@a.example"), LATER])
    assert result.delivery is None and result.others == 1
    assert result.volume is not None and result.volume.waiting == 1


def test_case_and_an_alias_make_no_other_recipient() -> None:
    assert told([arrived(), LATER], "BOB@b.example").delivery is not None
    alias = LATER.replace("to=<bob@b.example>, ", "to=<bob@b.example>, orig_to=<team@a.example>, ")
    assert told([arrived(), alias], "team@a.example").delivery is not None


def test_the_null_reverse_path_is_a_sender() -> None:
    lines = [arrived(sender=""), LATER]
    assert told(lines, sender="").delivery is not None
    assert told(lines).delivery is None


def test_given_up_keeps_the_words_and_the_server_of_the_last_deferral() -> None:
    expired = (
        "Nov 29 04:00:00 mail postfix/qmgr[1]: ABCDEF1234: from=<alice@a.example>, status=expired, returned"
    )
    result = told([arrived(), LATER, f"{expired} to sender"])
    assert result.delivery is not None and result.delivery.status is LogFate.EXPIRED
    assert result.delivery.words == "451 4.7.1 Greylisted"
    assert result.delivery.relay_host == "mx.b.example"
    assert result.volume is not None and result.volume.expired == 1


def test_a_queue_id_picks_the_message() -> None:
    lines = [arrived(), LATER, arrived("BBBBBB5678"), TAKEN.replace("ABCDEF1234", "BBBBBB5678")]
    first, last = told(lines, queue_id="ABCDEF1234"), told(lines)
    assert first.delivery is not None and first.delivery.status is LogFate.DEFERRED
    assert last.delivery is not None and last.delivery.status is LogFate.SENT
    assert told(lines, queue_id="CCCCCC").delivery is None


def test_the_volume_is_of_the_operator_that_the_domain_goes_to() -> None:
    lines = [
        line(
            "sent",
            "250 ok",
            queue_id=f"AAAAAA{number:04}",
            to=f"u{number}@c.example",
            at=f"03:00:{number:02}",
        )
        for number in range(10)
    ]
    result = told([*lines, arrived(), LATER])
    assert result.volume is not None
    assert (result.volume.operator, result.volume.delivered, result.volume.waiting) == ("b.example", 10, 1)
    assert (result.volume.peak_minute, result.volume.tried_last_hour) == (11, 11)
    unknown = told(lines, "nobody@c.example")
    assert unknown.delivery is None and unknown.volume is not None  # by what others at the domain were sent
    assert told(lines, "nobody@z.example").volume is None


def test_an_address_behind_a_translation_is_no_address_that_mail_leaves_from() -> None:
    data = b"".join(it + b"\n" for it in sample("powermta").lines)
    result = told(data, "bob@unknown.example", sender="alice@sender.example", format_name="powermta")
    assert result.delivery is not None and result.delivery.source_ip == ip_address("198.51.100.10")
    inner = told(
        data.replace(b"198.51.100.10", b"10.0.0.1"),
        "bob@unknown.example",
        sender="alice@sender.example",
        format_name="powermta",
    )
    assert inner.delivery is not None and inner.delivery.source_ip is None
