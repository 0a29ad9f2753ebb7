"""Real queues that somebody worked on by hand: every recipient has the fate that it really had."""

from __future__ import annotations

import json
from datetime import UTC

import pytest

from probe.maillog.aggregate import Aggregate
from probe.maillog.operators import LOCAL
from probe.maillog.outcome import Outcome
from probe.maillog.summary import totals
from probe.model.verdict import FixBy
from tests.unit.maillog.made import counted, reader
from tests.unit.reading.log.samples import SAMPLES

LOGS = {it.name: b"".join(line + b"\n" for line in it.lines) for it in SAMPLES}
# What the queue and the servers of the laboratory held at the end, by queue id.
EXIM = {
    "1xXb88-00000v-2s": {"bob@ok.example": "sent"},
    "1xXb88-00000x-30": {
        "bob@unknown.example": "bounced",
        "bob@full.example": "deferred",
        "bob@once.example": "sent",
        "bob@ok.example": "sent",
        "extra@ok.example": "sent",  # added by hand
    },
    "1xXb88-00000z-35": {  # to team@, which is these three
        "eve@unknown.example": "bounced",
        "bob@ok.example": "sent",
        "bob@once.example": "sent",
    },
    "1xXb88-000011-3B": {"bob@sender.example": "bounced"},
    "1xXb89-000013-06": {"fr@sender.example": "deferred"},
    "1xXb89-000015-0E": {"pipe@sender.example": "bounced", "alice@sender.example": "sent"},
    "1xXb89-000017-0I": {"bob@ok.example": "sent", "later@sender.example": "unknown"},  # marked delivered
    "1xXb89-000019-0O": {"r1@ratelimit.example": "unknown", "r2@ratelimit.example": "unknown"},  # -Mg
    "1xXb89-00001B-0T": {"bob@ok.example": "deferred", "bob@full.example": "deferred"},
    "1xXb89-00001D-0Y": {"bob@ok.example": "deferred"},
    "1xXb89-00001F-0d": {"bob@eod.example": "bounced"},
    "1xXb89-00001H-0k": {"bob@unknown.example": "bounced"},  # of the null reverse-path, and frozen
    "1xXb89-00001J-0r": {"eve@unknown.example": "bounced"},
    "1xXb89-00001L-0w": {"eve@unknown.example": "bounced"},
    "1xXb89-00001N-12": {"bob@refused.example": "unknown"},  # -Mrm
    "1xXb89-00001P-19": {"bob@nohost.example": "bounced"},
    "1xXb89-00001R-1F": {"bob@nullmx.example": "bounced"},
    "1xXb89-00001T-1J": {'"x y"@unknown.example': "bounced", '"odd, name"@ok.example': "sent"},
    "1xXb8A-00002h-1B": {"nobody9@unknown.example": "bounced"},  # a bounce, frozen
    "1xXb8B-00003E-0G": {"nobody9@nohost.example": "bounced"},
}

POSTFIX = {
    "4jchq40B2YzR85P": {"bob@ok.example": "sent"},
    "4jchq40Gz8zR85N": {
        "bob@unknown.example": "bounced",
        "bob@full.example": "deferred",  # and then the file was corrupt
        "bob@once.example": "sent",
        "bob@ok.example": "sent",
    },
    "4jchq40LbbzR85R": {  # to team@, which is these three
        "bob@once.example": "sent",
        "bob@ok.example": "sent",
        "eve@unknown.example": "bounced",
    },
    "4jchq40V62zR85Q": {"bob@ok.example": "sent", "full@full.example": "deferred"},  # what list@ became
    "4jchq40jn1zR85T": {"new@ok.example": "sent"},  # old@sender.example, rewritten
    "4jchq40rxnzR85V": {"bob@eod.example": "bounced", "alice@sender.example": "sent"},  # and a copy
    "4jchq419BHzR85W": {"prog@sender.example": "bounced", "alice@sender.example": "sent"},
    "4jchq41sg8zR85X": {"self@mail.sender.example": "bounced"},
    "4jchq42hbSzR85T": {"bob@ok.example": "sent", "bob@unknown.example": "bounced"},  # from the filter
    "4jchq42ktpzR85R": {"bob@ok.example": "bounced"},  # by the filter
    "4jchq42yJJzR85P": {"bob@ok.example": "sent"},  # held by a header check, and released
    "4jchq433RtzR85V": {"alice@gen.example": "bounced"},  # a bounce
    "4jchq435x2zR85W": {"bob@unknown.example": "bounced"},  # redirected
    "4jchq43KtNzR85V": {"bob@ok.example": "sent", "eve@unknown.example": "bounced"},  # and a copy
    "4jchq446ymzR85T": {"r1@ratelimit.example": "deferred", "r2@ratelimit.example": "deferred"},
    "4jchq44LpRzR85V": {"bob@refused.example": "deferred"},
    "4jchq44VVWzR85W": {"eve@refused.example": "deferred"},
    "4jchq44g4qzR85X": {"bob@unknown.example": "bounced"},  # of the null reverse-path
    "4jchq44k9QzR85b": {"eve@unknown.example": "bounced"},
    "4jchq44rHJzR85c": {"nobody9@unknown.example": "bounced"},  # the bounce of the one above
    "4jchq44rgyzR85d": {"eve@unknown.example": "bounced"},
    "4jchq44xMXzR85X": {"del@full.example": "unknown"},  # postsuper -d
    "4jchq44ymgzR85h": {"nobody9@nohost.example": "bounced"},  # a bounce
    "4jchq459j7zR85b": {"exp@full.example": "expired"},  # postsuper -e
    "4jchq45SVmzR85d": {"hold@full.example": "deferred"},  # postsuper -h
    "4jchqN6xMqzR85y": {"req@full.example": "deferred"},  # postsuper -r, 4jchq45K5jzR85c before
}
SENDMAIL = {
    "6ATA3amo000072": {"nosuch": "bounced", "alice": "sent", '"|/bin/false"': "bounced"},
    "6ATA3Zn0000062": {"eve@unknown.example": "bounced"},
    "6ATA3a7f000074": {"nobody9@unknown.example": "bounced"},
    "6ATA3Z5H000048": {"bob@ok.example": "sent"},
    "6ATA3ZCt000064": {"eve@unknown.example": "bounced"},
    "6ATA3a7h000074": {"nobody9@nohost.example": "bounced"},
    "6ATA3Z0O000060": {"bob@unknown.example": "bounced"},
    "6ATA3Zh4000070": {"a2@eod.example": "bounced", "a1@eod.example": "bounced"},
    "6ATA3Z2B000054": {"bob@ok.example": "sent", "eve@unknown.example": "bounced"},
    "6ATA3ZCH000068": {'"odd, name"@ok.example': "sent", '"x y"@unknown.example': "bounced"},
    "6ATA3Zmn000052": {
        "bob@ok.example": "sent",
        "bob@unknown.example": "bounced",
        "full@full.example": "deferred",
    },
    "6ATA3ZBQ000050": {
        "bob@ok.example": "sent",
        "bob@once.example": "sent",
        "bob@unknown.example": "bounced",
        "bob@full.example": "deferred",
    },
    "6ATA3ZXP000066": {"q@full.example": "deferred"},
    "6ATA3ZA2000058": {"bob@refused.example": "deferred"},
    "6ATA3ZrC000056": {"r2@ratelimit.example": "deferred", "r1@ratelimit.example": "deferred"},
}
OPENSMTPD = {
    "8b4a6b3e28bb02ca": {"bob@once.example": "sent"},
    "8b4a6b3ebad1fecb": {"bob@unknown.example": "bounced"},
    "8f6531ba331c28f9": {"eve@unknown.example": "bounced"},
    "7d0365edb7ea82e1": {"bob@ok.example": "sent"},
    "c409250d6afbe127": {"alice@vm": "bounced"},
    "c409250d3d95cfe0": {"prog@sender.example": "bounced"},
    "8b4a6b3e219f70e7": {"bob@ok.example": "sent"},
    "8f6531babcae445a": {"bob@ok.example": "sent"},
    "75bd9f503df1ea7c": {"bob@unknown.example": "bounced"},
    "a4959aa1b3c77bbb": {"eve@unknown.example": "bounced"},
    "15f7ab5f07bcb698": {"eve@unknown.example": "bounced"},
    "8f6531ba037662bf": {"bob@once.example": "sent"},
    "aa02c5dd63304197": {"nobody9@nohost.example": "bounced"},
    "84898b2362992ee7": {"nobody9@unknown.example": "bounced"},
    "8b4a6b3ee2c0c01b": {"bob@full.example": "deferred"},
    "b23026afca26b87f": {"r2@ratelimit.example": "deferred"},
    "b23026aff8ff33a4": {"r1@ratelimit.example": "deferred"},
    "4c697efa8700a57d": {"del@full.example": "unknown"},  # smtpctl remove
    "4b440d49b033b3d2": {"pause@full.example": "deferred"},
    "410d9752b702cda9": {"bob@refused.example": "deferred"},
}
TO_ALL = ("alice@sender.example",)
TRUTHS = {
    "exim-hands": EXIM,
    "postfix-hands": POSTFIX,
    "sendmail-hands": SENDMAIL,
    "opensmtpd-hands": OPENSMTPD,
}
CASES = [(name, queue_id) for name, rows in TRUTHS.items() for queue_id in sorted(rows)]


def _outcomes(name: str) -> list[Outcome]:
    """Of all messages but the notices to this server's own people."""
    outcomes: list[Outcome] = []
    counted(LOGS[name], name.partition("-")[0], outcomes=outcomes)
    notices = (
        *("alice@sender.example", "postmaster@mail.sender.example"),
        *("alice", "postmaster", "MAILER-DAEMON"),
    )
    return [it for it in outcomes if it.event.sender in TO_ALL or it.event.recipient not in notices]


@pytest.mark.parametrize(("name", "queue_id"), CASES)
def test_each_recipient_has_its_own_fate_once(name: str, queue_id: str) -> None:
    rows = [(it.event.recipient, it.fate.value) for it in _outcomes(name) if it.event.queue_id == queue_id]
    assert sorted(rows) == sorted(TRUTHS[name][queue_id].items())


@pytest.mark.parametrize("name", TRUTHS)
def test_no_other_message_is_heard_of(name: str) -> None:
    assert {it.event.queue_id for it in _outcomes(name)} == set(TRUTHS[name])


@pytest.mark.parametrize(
    ("name", "held", "counted_by_reason", "removed"),
    [("exim-hands", 3, 3, 4), ("postfix-hands", 2, 2, 1), ("sendmail-hands", 1, 1, 0)],
)
def test_on_hold_is_told_and_counted_once(name: str, held: int, counted_by_reason: int, removed: int) -> None:
    result = totals(counted(LOGS[name], name.partition("-")[0]))
    assert (result.held, result.held_counted, result.removed) == (held, counted_by_reason, removed)
    for fate in ("deferred", "expired"):
        all_of = sum(each == fate for row in TRUTHS[name].values() for each in row.values())
        assert getattr(result, fate) == all_of


def test_who_was_taken_out_keeps_its_own_reason() -> None:
    reasons = {
        it.event.recipient: it.event.earlier for it in _outcomes("exim-hands") if it.fate.value == "unknown"
    }
    assert (words := reasons["r2@ratelimit.example"]) is not None
    assert words.text.startswith("Remote host closed connection")


def _kumo(kind: str, *recipients: str, identity: str = "a1") -> str:
    response = {"code": 551, "content": "Administrator bounced: wrong list"}
    row = {"type": kind, "id": identity, "sender": "a@a.example", "recipient": list(recipients)}
    return json.dumps(
        {**row, "queue": "b.example", "site": "x", "timestamp": 1764374400, "response": response}
    )


def test_an_administrator_of_kumomta_takes_out_the_recipients_that_the_record_names() -> None:
    first, second, other = "bob@b.example", "eve@b.example", "sue@b.example"
    waits = _kumo("TransientFailure", first, second, other)
    result = totals(counted([waits, _kumo("AdminBounce", first, second)], "kumomta"))
    assert (result.deferred, result.removed, result.messages) == (1, 2, 3)
    assert totals(counted([_kumo("AdminBounce", first, second)], "kumomta")).dropped == 2


def test_what_opensmtpd_gives_up_waits_no_longer() -> None:
    """The log has 11 lines "Expire for", one for each recipient that waited until then."""
    result = totals(counted(LOGS["opensmtpd-stdout"], "opensmtpd"))
    assert LOGS["opensmtpd-stdout"].count(b": Expire for ") == result.expired
    assert result.expired > 0 == result.deferred


def test_all_recipients_of_one_record_of_kumomta_expire() -> None:
    assert totals(counted([_kumo("Expiration", "bob@b.example", "eve@b.example")], "kumomta")).expired == 2


def test_each_recipient_of_a_queue_that_names_none_is_counted() -> None:
    outcomes: list[Outcome] = []
    aggregate = counted(LOGS["queue-haraka"], "haraka-queue", outcomes=outcomes)
    assert (totals(aggregate).queued, len(outcomes)) == (9, 9)


HARAKA = "2026-11-29T10:06:{}Z [{}] [4F895CC6-9C72-4644-AC4D-F6F55150EFBF.1.1] [outbound] {}"


def test_a_message_whose_recipients_the_log_does_not_name_is_one_message() -> None:
    """Haraka names them when they come; a log that begins later does not."""
    waits = "Temp failing 17_mail for 64 seconds: Tried all MXs"
    rows = [HARAKA.format(f"{second}.601", "INFO", waits) for second in (10, 20, 30)]
    aggregate = counted(rows, "haraka")
    assert (totals(aggregate).deferred, totals(aggregate).attempts) == (1, 3)
    delivered = HARAKA.format(
        *("40.601", "NOTICE"),
        " delivered file=17_mail domain=b.example host=mx.b.example ip=192.0.2.1 port=25 mode=SMTP tls=N "
        'auth=N response="Ok" delay=1 fails=3 rcpts=1/0/0',
    )
    aggregate = counted([*rows, delivered], "haraka")
    assert (totals(aggregate).deferred, totals(aggregate).sent, totals(aggregate).cured) == (0, 1, 1)


def test_what_courierd_itself_cannot_do_is_this_servers_own() -> None:
    begin = "Nov 29 10:06:00 mail courierd: id=000000000027C008.000000006B0B906A.00000102,from=<#@[]>"
    addressee = f"{begin},addr=<postmaster@sender.example>"
    aggregate = counted(
        [f"{addressee}: 450 Service temporarily unavailable.", f"{addressee},status: deferred"], "courier"
    )
    (group,) = aggregate.groups.values()
    assert group.operator is LOCAL and group.reason.fix_by is FixBy.SENDER


@pytest.mark.parametrize("name", ["exim-hands", "postfix-hands"])
def test_lines_that_are_read_apart_give_the_same_table(name: str) -> None:
    """As --jobs reads blocks, no reader of which knows what another one read."""
    format_name = name.partition("-")[0]
    whole = totals(counted(LOGS[name], format_name))
    aggregate = Aggregate(UTC)
    for number, row in enumerate(LOGS[name].split(b"\n"), 1):
        one = reader(format_name)
        aggregate.take(one.block(row + b"\n", number))
    aggregate.end()
    assert totals(aggregate) == whole


def test_who_was_refused_before_somebody_froze_the_message_is_not_on_hold() -> None:
    begin = "2026-11-29 09:23:3{} 1xXb88-00000x-30 "
    failed = "T=remote_smtp H=mx.b.example [192.0.2.1]: SMTP error from remote mail server after {}: {}"
    refused = failed.format("RCPT TO:<bob@b.example>", "550 5.1.1 gone")
    full = failed.format("RCPT TO:<eve@b.example>", "452 4.2.2 full")
    rows = [
        begin.format(1) + f"** bob@b.example R=dnslookup {refused}",
        begin.format(2) + f"== eve@b.example R=dnslookup {full.replace(' H=', ' defer (-44) H=')}",
        begin.format(3) + "frozen by root",
    ]
    result = totals(counted(rows, "exim"))
    assert (result.held, result.held_counted, result.deferred, result.bounced) == (1, 1, 1, 1)
