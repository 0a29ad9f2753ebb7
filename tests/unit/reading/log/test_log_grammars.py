"""Forms of lines that the recorded logs do not hold, each as the program's source or manual has it."""

from __future__ import annotations

import pytest

from probe.model.reply import Stage
from probe.reading.log.event import Kind, Relay, Speaker, Status, UnparsedLine, Words
from probe.reading.log.formats import by_name, detect
from tests.unit.reading.log.samples import events, one, sample, several

SMTP = "Nov 29 02:00:00 mail postfix/smtp[77]: 4C0FFEE4C0F: to=<bob@x.example>, "
TAIL = "delay=1.5, delays=0.1/0.2/0.3/0.9, dsn=4.0.0, status=deferred "
MX = "relay=mx.x.example[192.0.2.1]:25, "
EXIM = "2026-11-29 02:00:00 1xXUqD-00004l-31 "


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "(host mx.x.example[192.0.2.1] said: 450 4.2.0 a (b) (in reply to end of DATA command))",
            Words(Speaker.REMOTE, "450 4.2.0 a (b)", Stage.END_OF_DATA),
        ),
        (
            "(host mx.x.example[192.0.2.1] said: 450-4.2.0 a 450 4.2.0 b 450 c (in reply to MAIL FROM "
            "command))",
            Words(Speaker.REMOTE, "450-4.2.0 a\n450 4.2.0 b 450 c", Stage.MAIL),
        ),
        (
            "(host mx.x.example[private/lmtp] said: 452 4.2.2 <bob> Quota exceeded (in reply to RCPT TO "
            "command))",
            Words(Speaker.REMOTE, "452 4.2.2 <bob> Quota exceeded", Stage.RCPT),
        ),
        (
            "(host mx.x.example[2001:db8::1] refused to talk to me: 421 busy)",
            Words(Speaker.REMOTE, "421 busy", Stage.GREETING),
        ),
        (
            "(lost connection with mx.x.example[192.0.2.1] while sending end of data -- message may be "
            "sent more "
            "than once)",
            Words(
                Speaker.LOCAL,
                "lost connection with mx.x.example[192.0.2.1] while sending end of data -- message may "
                "be sent "
                "more than once",
                Stage.END_OF_DATA,
            ),
        ),
        (
            "(conversation with mx.x.example[192.0.2.1] timed out while performing the EHLO handshake)",
            Words(
                Speaker.LOCAL,
                "conversation with mx.x.example[192.0.2.1] timed out while performing the EHLO handshake",
                Stage.EHLO,
            ),
        ),
        ("(Server certificate not "
        "trusted)", Words(Speaker.LOCAL, "Server certificate not trusted", Stage.STARTTLS)),
        ("(mail for x.example loops back to "
        "myself)", Words(Speaker.LOCAL, "mail for x.example loops back to myself", Stage.DNS)),
    ],
)  # fmt: skip
def test_postfix_tells_whose_words_they_are(text: str, words: Words) -> None:
    event = one("postfix", SMTP + MX + TAIL + text)
    assert event.words == words
    assert (event.delay_s, event.delays, event.cut) == (1.5, (0.1, 0.2, 0.3, 0.9), False)


def test_postfix_a_cut_line_is_told() -> None:
    event = one("postfix", SMTP + MX + TAIL + "(host mx.x.example[192.0.2.1] said: 450 4.2.0 Mailbox fu")
    assert event.cut and event.words == Words(Speaker.REMOTE, "450 4.2.0 Mailbox fu", None, cut=True)
    by_chance = one(
        "postfix", SMTP + MX + TAIL + "(host mx.x.example[192.0.2.1] said: 450 4.2.0 Mailbox (full)"
    )
    assert by_chance.words == Words(Speaker.REMOTE, "450 4.2.0 Mailbox (full", None, cut=True)


def test_postfix_a_line_that_ends_in_its_status_tells_no_outcome() -> None:
    row = by_name("postfix")
    assert row is not None
    reader = row.make()
    reader.source("mail.log", None)
    for word in ("s", "sen", "bou", "defer"):
        line = (SMTP + MX + TAIL.replace("deferred", word)).strip().encode()
        (record,) = reader.read(line, 1)
        assert isinstance(record, UnparsedLine) and "ends before" in record.why
        assert [type(it) for it in reader.block(line, 1)] == [UnparsedLine]


def test_postfix_a_suspended_delivery_repeats_the_failure_before() -> None:
    texts = (
        "(delivery temporarily suspended: host mx.x.example[192.0.2.1] refused to talk to me: 421 4.7.0 busy)"
    )
    event = one("postfix", SMTP.replace("/smtp[", "/error[") + "relay=none, " + TAIL + texts)
    assert event.repeats and event.words == Words(Speaker.REMOTE, "421 4.7.0 busy", Stage.GREETING)


def test_postfix_a_connection_that_is_used_again_and_an_original_recipient() -> None:
    event = one(
        "postfix",
        SMTP.replace("bob@x.example>, ", '"a>, relay=none b"@x.example>, orig_to=<team>, ')
        + MX + "conn_use=3, " + TAIL.replace(", dsn", ", tls=secure, dsn") + "(x)",
    )  # fmt: skip
    assert (event.recipient, event.orig_to) == ('"a>, relay=none b"@x.example', "team")
    assert (event.relay, event.tls) == (Relay("mx.x.example", "192.0.2.1", 25), "secure")


def test_postfix_soft_bounce_probes_and_repetition() -> None:
    tail = TAIL.replace("deferred", "SOFTBOUNCE")
    assert one("postfix", SMTP + MX + tail + "(x)").status is Status.DEFERRED
    tail = TAIL.replace("deferred", "undeliverable")
    assert one("postfix", SMTP + MX + tail + "(x)").status is Status.PROBE
    line = SMTP.replace("]: ", "]: message repeated 3 times: [ ") + MX + TAIL + "(x)]"
    assert len(several("postfix", line)) == 3


@pytest.mark.parametrize(
    ("line", "status", "stage", "reply"),
    [
        (
            "postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 Service "
            "unavailable; Client "
            "host [192.0.2.9] blocked using zen.example; from=<a@b.example> to=<c@d.example> proto=ESMTP "
            "helo=<x>",
            Status.REJECTED, Stage.RCPT,
            "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.example",
        ),
        (
            "postfix/postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.9]:4711: 550 5.7.1 Service "
            "unavailable; client "
            "[192.0.2.9] blocked using zen.example; from=<a@b.example>, to=<c@d.example>, proto=ESMTP, "
            "helo=<x>",
            Status.REJECTED, Stage.RCPT,
            "550 5.7.1 Service unavailable; client [192.0.2.9] blocked using zen.example",
        ),
        (
            "postfix/cleanup[1]: 4C0FFEE4C0F: milter-reject: END-OF-MESSAGE from h[192.0.2.9]: 5.7.1 Spam; "
            "from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>",
            Status.REJECTED, Stage.END_OF_DATA, "5.7.1 Spam",
        ),
        (
            "postfix/smtpd[1]: NOQUEUE: milter-hold: END-OF-MESSAGE from h[192.0.2.9]: milter triggers "
            "HOLD action; "
            "from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>",
            Status.HELD, Stage.END_OF_DATA, "milter triggers HOLD action",
        ),
    ],
)  # fmt: skip
def test_postfix_refusals_of_its_own(line: str, status: Status, stage: Stage, reply: str) -> None:
    event = one("postfix", f"Nov 29 02:00:00 mail {line}")
    assert (event.kind, event.status, event.stage) == (Kind.REFUSAL, status, stage)
    assert event.words is not None and event.words.text == reply and event.words.speaker is Speaker.LOCAL
    assert (event.sender, event.recipient) == ("a@b.example", "c@d.example")
    assert event.client is not None and event.client.ip == "192.0.2.9"
    assert event.reply is None


def test_postfix_a_loopback_filter_is_known_as_one() -> None:
    line = SMTP + "relay=127.0.0.1[127.0.0.1]:10024, " + TAIL.replace("deferred", "sent") + "(250 2.0.0 Ok)"
    relay = one("postfix", line).relay
    assert relay is not None and relay.is_loopback
    relay = one("postfix", SMTP + MX + TAIL + "(x)").relay
    assert relay is not None and not relay.is_loopback


@pytest.mark.parametrize(
    ("rest", "status", "words", "relay"),
    [
        (
            "** bob@x.example F=<a@b.example> R=r T=remote_smtp H=mx.x.example [2001:db8::1]:25 "
            "X=TLS1.3:a:256 CV=yes: "
            "SMTP error from remote mail server after pipelined RCPT TO:<bob@x.example>: 550-5.1.1 "
            "a\\n550 5.1.1 b",
            Status.BOUNCED, Words(Speaker.REMOTE, "550-5.1.1 a\n550 5.1.1 b", Stage.RCPT),
            Relay("mx.x.example", "2001:db8::1", 25),
        ),
        (
            "== bob@x.example R=r T=t defer (-46): SMTP error from remote mail server after end of data: "
            "host "
            "mx.x.example [192.0.2.1]: 451 later",
            Status.DEFERRED, Words(Speaker.REMOTE, "451 later", Stage.END_OF_DATA), None,
        ),
        (
            "== bob@x.example R=r T=t defer (0) H=mx.x.example [192.0.2.1]: SMTP error from remote mail "
            "server after "
            "MAIL FROM:<a@b.example> SIZE=2000: 421 too fast",
            Status.DEFERRED, Words(Speaker.REMOTE, "421 too "
            "fast", Stage.MAIL), Relay("mx.x.example", "192.0.2.1"),
        ),
        (
            "== bob@x.example routing defer (-51): retry time not reached",
            Status.DEFERRED, Words(Speaker.LOCAL, "retry time not reached"), None,
        ),
        (
            "** |/usr/bin/vacation x <bob@x.example> R=r T=pipe: Child process of pipe transport returned 69",
            Status.BOUNCED, Words(Speaker.LOCAL, "Child process of pipe transport returned 69"), None,
        ),
        (
            "== bob@x.example R=r T=t defer (-1): domain matches queue_smtp_domains, or -odqs set",
            Status.QUEUED, None, None,
        ),
        ("=> :blackhole: <bob@x.example> R=r", Status.DISCARDED, None, None),
        ("=> /dev/null <bob@x.example> R=central_filter T=**bypassed**", Status.DISCARDED, None, None),
        ("=> /dev/tty <bob@x.example> R=central_filter T=**bypassed**", Status.SENT, None, None),
        (
            '-> bob@x.example R=r T=remote_smtp H=mx.x.example [192.0.2.1] C="250 \\"ok\\" id=1" QT=1m2s',
            Status.SENT, Words(Speaker.REMOTE, '250 "ok" '
            'id=1', Stage.END_OF_DATA), Relay("mx.x.example", "192.0.2.1"),
        ),
    ],
)  # fmt: skip
def test_exim_lines(rest: str, status: Status, words: Words | None, relay: Relay | None) -> None:
    event = one("exim", EXIM + rest)
    assert (event.status, event.words, event.relay, event.recipient) == (
        status,
        words,
        relay,
        "bob@x.example",
    )
    assert event.repeats is ("retry time not reached" in rest)
    long_id = one("exim", EXIM.replace("00004l-31", "0000000AbCd-12ef") + rest)
    assert long_id.queue_id == "1xXUqD-0000000AbCd-12ef"
    by_syslog = one("exim", "Nov 29 02:00:00 mail exim[77]: " + EXIM + rest)
    assert by_syslog._replace(at=None, file="") == event._replace(at=None, file="")


def test_exim_what_an_acl_throws_away_is_no_delivery() -> None:
    event = one("exim", EXIM + "=> blackhole (DATA ACL discarded recipients)")
    assert event.status is Status.DISCARDED


def test_exim_a_message_that_an_operator_cancelled() -> None:
    deferred = EXIM + "== bob@x.example R=r T=t defer (111): Connection refused"
    for word in ("cancelled by root", "removed by root"):
        events = several("exim", EXIM + "<= a@b.example U=x P=local S=1", deferred, EXIM + word)
        assert [event.status for event in events] == [Status.DEFERRED, Status.REMOVED]
        assert events[1].recipient == "bob@x.example" and events[1].sender == "a@b.example"
        assert events[1].earlier == Words(Speaker.LOCAL, "Connection refused", Stage.CONNECT)


SENDMAIL = "Nov 29 02:00:00 mail sm-mta[77]: 6AT2RCiA000056: "


def test_sendmail_before_reply_was_logged() -> None:
    event = several(
        "sendmail",
        SENDMAIL
        + "to=<bob@x.example>,<eve@x.example>, delay=1+02:03:04, xdelay=00:00:01, mailer=esmtp, pri=1, "
        "relay=mx.x.example. [IPv6:2001:db8::1], dsn=4.7.1, stat=Deferred: 451 4.7.1 Greylisted, see h",
    )[1]
    assert (event.recipient, event.delay_s) == ("eve@x.example", 93784.0)
    assert event.relay == Relay("mx.x.example", "2001:db8::1")
    assert event.words == Words(Speaker.REMOTE, "451 4.7.1 Greylisted, see h", None, cut=True)


def test_sendmail_a_reply_that_sendmail_wrote_itself_is_no_reply() -> None:
    event = one(
        "sendmail",
        SENDMAIL + "to=bob@x.example, delay=00:00:04, mailer=esmtp, pri=1, relay=mx.x.example. [192.0.2.1], "
        "dsn=4.4.2, reply=421 4.4.1 Connection reset by mx.x.example., stat=Deferred",
    )
    assert event.reply is None and event.words is not None
    assert event.words.text == "Connection reset by mx.x.example."


DMA = "Nov 30 13:46:35 mail dma[22a004.558d88b78860]: "


def test_dma_gives_up_for_whatever_is_said_to_ehlo() -> None:
    event = several(
        "dma",
        DMA + "<bob@x.example> trying delivery",
        DMA + "Could not perform server greeting at mx.x.example [192.0.2.1]: 421 4.7.0 Try again later",
        DMA + "delivery failed, bouncing as 22a0ba",
    )[0]
    assert (event.status, event.recipient, event.stage) == (Status.BOUNCED, "bob@x.example", Stage.EHLO)
    assert event.words is not None and event.words.text == "421 4.7.0 Try again later"


@pytest.mark.parametrize(
    ("rest", "status", "stage"),
    [
        ("Milter: from=<a@b.example>, reject=451 4.7.1 Greylisting in action", Status.REJECTED, Stage.MAIL),
        ("Milter (dkim): data, reject=550 5.7.1 bad signature", Status.REJECTED, Stage.DATA),
        ("Milter: data, discard", Status.DISCARDED, Stage.DATA),
        ("ruleset=check_rcpt, arg1=<c@d.example>, relay=h [192.0.2.9], reject=550 5.7.1 "
        "no", Status.REJECTED, Stage.RCPT),
        ("ruleset=check_relay, arg1=h, arg2=192.0.2.9, relay=h [192.0.2.9], reject=554 "
        "no", Status.REJECTED, Stage.GREETING),
    ],
)  # fmt: skip
def test_sendmail_refusals_of_its_own(rest: str, status: Status, stage: Stage) -> None:
    event = one("sendmail", SENDMAIL + rest)
    assert (event.kind, event.status, event.stage) == (Kind.REFUSAL, status, stage)


@pytest.mark.parametrize("before", ["", "NOQUEUE: "])
def test_sendmail_refuses_before_there_is_a_message(before: str) -> None:
    refused = "ruleset=check_relay, arg1=[192.0.2.9], arg2=192.0.2.9, relay=[192.0.2.9], reject=553 5.3.0 no"
    event = one("sendmail", f"Nov 29 02:00:00 mail sendmail[77]: {before}{refused}")
    assert (event.kind, event.queue_id, event.stage) == (Kind.REFUSAL, None, Stage.GREETING)


def test_sendmail_8_9_has_shorter_ids() -> None:
    line = (
        "Nov 29 02:00:00 mail sendmail[15932]: SAA15929: to=<bob@x.example>, delay=00:00:10, "
        "xdelay=00:00:09, mailer=esmtp, relay=mx.x.example. [192.0.2.1], "
        "stat=Sent (OAA12 Message accepted for delivery)"
    )
    assert detect([line.encode()]) == by_name("sendmail")
    event = one("sendmail", line)
    assert (event.queue_id, event.status) == ("SAA15929", Status.SENT)


def test_opensmtpd_gives_up_after_the_time_in_the_queue() -> None:
    """Of 6.8.0p2: the reason is that of the last try; an envelope that was never tried has none."""
    whom = "from=<a@a.example>, to=<b@b.example>, rcpt=<->, delay=1m, stat="
    tried = (
        "0000000000000001 mta delivery evpid=00000000000000aa from=<a@a.example> to=<b@b.example> rcpt=<-> "
        'source="192.0.2.1" relay="192.0.2.2 (mx.b.example)" delay=1s result="TempFail" stat="452 4.2.2 Full"'
    )
    _, given_up = several("opensmtpd", tried, f"relay: Expire for 00000000000000aa: {whom}Envelope expired")
    assert (given_up.status, given_up.recipient, given_up.sender) == (
        Status.EXPIRED, "b@b.example", "a@a.example",
    )  # fmt: skip
    assert given_up.earlier == Words(Speaker.REMOTE, "452 4.2.2 Full")
    never_tried = one("opensmtpd", f"relay: Expire for 00000000000000ab: {whom}Envelope expired")
    assert (never_tried.status, never_tried.earlier) == (Status.EXPIRED, None)
    removed = one("opensmtpd", f"relay: Remove for 00000000000000ab: {whom}Removed by administrator")
    assert removed.status is Status.REMOVED


def test_opensmtpd_joins_a_failed_session_only_below_the_recipient_s_domain() -> None:
    failed = [
        "aaaaaaaaaaaaaaaa mta connecting address=smtp://192.0.2.1:25 host=mx9.x.example",
        "aaaaaaaaaaaaaaaa mta error reason=BANNER rejected: 554 5.7.1 listed",
    ]
    lost = (
        "0000000000000000 mta delivery evpid=cf9cd3b552febd6b from=<a@b.example> to=<bob@{0}> rcpt=<-> "
        'source="-" '
        'relay="{0}" delay=1m2s result="TempFail" stat="Network error on destination MXs"'
    )
    joined = one("opensmtpd", *failed, lost.format("x.example"))
    assert joined.earlier == Words(Speaker.REMOTE, "554 5.7.1 listed", Stage.GREETING)
    assert joined.relay == Relay("mx9.x.example", "192.0.2.1", 25) and joined.delay_s == 62
    elsewhere = one("opensmtpd", *failed, lost.format("y.example"))
    assert elsewhere.earlier is None and elsewhere.relay is None


def test_kumomta_reads_lists_of_recipients_and_its_own_words() -> None:
    result = events(sample("kumomta"))
    grey = [event for event in result if event.recipient == "eve@grey.example"]
    assert [event.status for event in grey] == [Status.DEFERRED, Status.EXPIRED]
    assert grey[0].reply == Words(Speaker.REMOTE, "451 4.7.1 Greylisted\nline two", Stage.RCPT)
    assert grey[1].earlier == grey[0].words and grey[1].reply is None
    refused = next(event for event in result if event.recipient == "bob@refused.example")
    assert refused.words is not None and (refused.words.speaker, refused.words.stage) == (
        Speaker.LOCAL,
        Stage.CONNECT,
    )
    taken = next(event for event in result if event.status is Status.SENT)
    assert taken.source_ip == "198.51.100.10" and taken.words is not None
    assert taken.words.text.startswith("250 2.0.0 OK ids=") and taken.words.stage is Stage.END_OF_DATA


def test_exchange_tells_a_remote_s_words_from_its_own() -> None:
    by_recipient = {event.recipient: event for event in events(sample("exchange"))}
    remote = by_recipient["bob@unknown.example"]
    assert remote.reply is not None and remote.reply.text.startswith(
        "550 5.1.1 <bob@unknown.example>: Recipient"
    )
    assert remote.relay == Relay("mx1.unknown.example", "203.0.113.11")
    own = by_recipient["nobody@sender.example"]
    assert own.reply is None and own.sender == "" and own.words is not None
    assert own.words.text.startswith("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient")
    assert by_recipient["eve@ok.example"].status is Status.SENT


def test_sendgrid_and_ses_words_of_their_own_are_no_replies() -> None:
    for name, recipient in (("sendgrid", "carol@ok.example"), ("ses", "carol@ok.example")):
        event = next(event for event in events(sample(name)) if event.recipient == recipient)
        assert event.reply is None and event.words is not None and event.words.speaker is Speaker.LOCAL


def test_exim_names_what_an_address_came_from_in_between() -> None:
    event = one("exim", f"{EXIM}** gina@x.example (all@y.example) <sales@y.example>: Unrouteable address")
    assert (event.recipient, event.orig_to) == ("gina@x.example", "sales@y.example")
    assert event.words == Words(Speaker.LOCAL, "Unrouteable address", Stage.DNS)


def test_a_blank_before_the_colon_is_none_of_the_words() -> None:
    event = one("exim", f"{EXIM}** gina@x.example R=enforce_mail_permissions : Domain y.example has too many")
    assert event.words == Words(Speaker.SETTING, "Domain y.example has too many")
