"""What the laboratory's servers really said is what each program's log is read to say."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Speaker, Status
from tests.unit.reading.log.samples import SAMPLES, Sample, events, reason

WAITING = (Status.DEFERRED, Status.EXPIRED)
FAILED = (Status.BOUNCED,)
EITHER = (*WAITING, *FAILED)
SENT = (Status.SENT,)


@dataclass(frozen=True)
class Truth:
    """How it ended, whose words (None: not the remote's), what they hold, and when they were said."""

    ends: tuple[Status, ...]
    remote: bool
    holds: tuple[str, ...] = ()
    stage: Stage | None = None


UNKNOWN = "550 5.1.1 <bob@unknown.example>: Recipient address rejected: User unknown in virtual mailbox table"
PARENTHESES = (
    '550 5.7.1 no (relay=none, status=sent (250 ok)) "quoted, text" (in reply to RCPT TO command) for you'
)
LISTED = ("554", "5.7.1", "198.51.100.10 is listed", "see https://bl.example/?ip=198.51.100.10")
TRUTHS = {
    "ok": Truth(SENT, True, ("Ok: queued as ",), Stage.END_OF_DATA),
    "unknown": Truth(
        FAILED,
        True,
        (UNKNOWN,),
        Stage.RCPT,
    ),
    "multi": Truth(
        FAILED, True, ("550", "The email account that you tried to reach does not exist."), Stage.RCPT
    ),
    "grey": Truth(
        WAITING,
        True,
        ("451 4.7.1 Greylisted (try again in 300 seconds), see http://grey.example/help",),
        Stage.RCPT,
    ),
    "block": Truth(EITHER, True, LISTED, Stage.GREETING),
    "mailfrom": Truth(
        FAILED,
        True,
        ("553 5.1.8 <alice@sender.example>: Sender address rejected: Domain not found",),
        Stage.MAIL,
    ),
    "eod": Truth(FAILED, True, ("550", "5.7.26", "the sender is unauthenticated."), Stage.END_OF_DATA),
    "data": Truth(WAITING, True, ("451 4.3.2 Please try again later",), Stage.DATA),
    "refused": Truth(WAITING, False, ("REFUSED",), Stage.CONNECT),
    "utf8": Truth(FAILED, True, ("550 5.1.1 Пользователь не найден: bob",), Stage.RCPT),
    "drop": Truth(WAITING, False),
    "bare": Truth(FAILED, True, ("550",), Stage.RCPT),
    "long": Truth(FAILED, True, ("550 5.7.1 Your message was refused because of policy, see",), Stage.RCPT),
    "ehlo": Truth(EITHER, True, ("550 5.7.1 Bad HELO name: mail.sender.example",), Stage.EHLO),
    "greet421": Truth(
        (*WAITING, Status.HELD),
        True,
        ("421 4.7.0 mx1.greet421.example Error: too many connections from 198.51.100.10",),
        Stage.GREETING,
    ),
    "silent": Truth(WAITING, False),
    "paren": Truth(
        FAILED,
        True,
        (PARENTHESES,),
        Stage.RCPT,
    ),
    "nohost": Truth(FAILED, False),
    "nullmx": Truth(FAILED, False),
    "servfail": Truth(WAITING, False),
    "twomx": Truth(
        WAITING,
        True,
        ("451 4.7.1 Greylisted (try again in 300 seconds), see http://grey.example/help",),
        Stage.RCPT,
    ),
}
# Where a program does, or tells, something else. Each was looked up in its own log.
OWN_WAYS: dict[tuple[str, str], Truth] = {
    # only the first line of a reply is logged
    ("sendmail", "block"): Truth(FAILED, True, LISTED[:3]),
    # a blank line as an answer is no answer to Courier, dma and msmtp, and a broken one to Haraka
    ("courier", "bare"): Truth(WAITING, True, ("550",)),
    ("dma", "bare"): Truth(WAITING, False, ("INVALID SYNTAX",), Stage.RCPT),
    ("msmtp", "bare"): Truth(FAILED, False, ("INVALID REPLY",)),
    ("haraka", "bare"): Truth(FAILED, False, ("UNRECOGNIZED RESPONSE",)),
    # msmtp has no queue: what a queue would try again is a failure to its caller
    ("msmtp", "drop"): Truth(FAILED, False),
    ("msmtp", "nohost"): Truth(EITHER, False),
    ("opensmtpd", "nullmx"): Truth(WAITING, False),
    ("dma", "nullmx"): Truth(EITHER, False),
    ("dma", "nohost"): Truth(EITHER, False),
}
# The run ended before the program gave up waiting, or the program looks up no MX.
NOT_IN_THE_LOG = {
    *(("opensmtpd", "silent"), ("courier", "silent"), ("dma", "silent"), ("nullmailer", "silent")),
    ("dma", "drop"),  # it says nothing of a connection that is lost
    *(
        (smarthost, domain)
        for smarthost in ("nullmailer", "msmtp")
        for domain in ("nohost", "nullmx", "servfail", "twomx")
    ),
}
SAYS_NOTHING = {("dma", "ok"), ("exim", "ok")}  # no reply of a delivery is logged
TELLS_STAGES = {"postfix", "exim", "dma", "msmtp"}
COMPLETE = [each for each in SAMPLES if each.basis == "produced" and each.complete]
CASES = [(each, domain) for each in COMPLETE for domain in TRUTHS]


_CACHE: dict[str, dict[str, Event]] = {}


def _fates(which: Sample) -> dict[str, Event]:
    if which.name not in _CACHE:
        fates: dict[str, Event] = {}
        for event in events(which):
            if event.recipient is None or event.kind is Kind.REFUSAL or event.repeats:
                continue
            # what was taken stays taken; later messages to the same recipient are other tests' matter
            taken = event.recipient in fates and fates[event.recipient].status is Status.SENT
            if not taken and event.sender != "":
                fates[event.recipient] = event
        _CACHE[which.name] = fates
    return _CACHE[which.name]


@pytest.mark.parametrize(("which", "domain"), CASES, ids=lambda value: getattr(value, "name", value))
def test_every_program_is_read_to_say_what_the_server_said(which: Sample, domain: str) -> None:
    event = _fates(which).get(f"bob@{domain}.example")
    if event is None:
        assert (which.format.name, domain) in NOT_IN_THE_LOG
        return
    truth = OWN_WAYS.get((which.format.name, domain), TRUTHS[domain])
    assert event.status in truth.ends
    words = reason(event)
    if truth.holds or truth.remote:
        assert words is not None or (which.format.name, domain) in SAYS_NOTHING
    if words is None:
        return
    assert (words.speaker is Speaker.REMOTE) is truth.remote
    for part in truth.holds:
        assert part in words.text or part in words.text.upper()
    if truth.stage is not None:
        allowed = {truth.stage} if which.format.name in TELLS_STAGES else {truth.stage, None}
        if domain == "ehlo" and which.format.name == "postfix":
            allowed = {Stage.GREETING}  # "refused to talk to me": Postfix does not say at which of the two
        assert words.stage in allowed


@pytest.mark.parametrize("which", COMPLETE, ids=lambda each: each.name)
def test_recipients_of_one_message_keep_their_own_fate(which: Sample) -> None:
    fates = _fates(which)
    if "no@mix.example" not in fates:
        assert which.format.name in ("nullmailer", "opensmtpd", "courier", "dma")
        return
    no = fates["no@mix.example"]
    assert no.status is Status.BOUNCED and "550 5.1.1 No such user here" in (
        no.words.text if no.words else ""
    )
    if which.format.name == "msmtp":  # the first refusal ends the message for all
        assert fates["yes@mix.example"].status is Status.BOUNCED
        return
    assert fates["yes@mix.example"].status is Status.SENT
    later = fates["later@mix.example"]
    result = reason(later)
    assert later.status in WAITING and result is not None and "452 4.2.2 Mailbox full" in result.text


@pytest.mark.parametrize("which", COMPLETE, ids=lambda each: each.name)
def test_lines_of_a_reply_are_told_apart_where_the_log_does(which: Sample) -> None:
    event = _fates(which)["bob@multi.example"]
    words = reason(event)
    assert words is not None
    lines = words.text.split("\n")
    if which.format.name in ("sendmail", "opensmtpd", "haraka"):
        assert len(lines) == 1
    else:
        assert len(lines) == 4
        assert [line[:4] for line in lines] == ["550-", "550-", "550-", "550 "]
        assert lines[-1].endswith("(a) - gsmtp")


@pytest.mark.parametrize("which", COMPLETE, ids=lambda each: each.name)
def test_senders_and_relays_are_told(which: Sample) -> None:
    event = _fates(which)["bob@unknown.example"]
    assert event.sender == "alice@sender.example"
    if which.format.name not in ("courier", "haraka"):  # these name the host only of a delivery
        assert event.relay is not None and event.relay.host == "mx1.unknown.example"
    if which.format.name in ("postfix", "exim", "opensmtpd", "sendmail", "dma"):
        assert event.relay is not None and event.relay.ip == "203.0.113.11"


def test_every_header_says_where_its_log_comes_from() -> None:
    for each in SAMPLES:
        assert each.basis in ("produced", "documented, not produced"), each.name
        assert each.program and each.about, each.name
        assert each.basis == "produced" or each.source, each.name


def test_every_format_has_a_fixture() -> None:
    from probe.reading.log.formats import FORMATS

    assert {row.name for row in FORMATS} == {each.format.name for each in SAMPLES}


def test_the_same_run_reads_the_same_in_every_frame() -> None:
    by_name = {each.name: events(each) for each in SAMPLES}
    base = by_name["postfix-iso"]
    for name in ("postfix-5424", "postfix-docker", "postfix-compose", "postfix-cri"):
        assert [_essence(event) for event in by_name[name]] == [_essence(event) for event in base], name


def _essence(event: Event) -> Event:
    """Without what a frame does not tell: the service, its process (and so TLS), the zone, fractions."""
    at = event.at.at.replace(tzinfo=None, microsecond=0) if event.at is not None else None
    return event._replace(
        file="",
        program=None,
        tls=None,
        at=None if at is None else replace(event.at, at=at, has_year=True) if event.at else None,
    )
