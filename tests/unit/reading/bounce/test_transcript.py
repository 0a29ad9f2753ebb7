"""What sending servers write into their notices: the remote server's reply is found, and their own words
condemn nobody."""

from __future__ import annotations

import random

import pytest

from probe.bounces import BouncedRecipient, read_bounces, to_json
from probe.explanation import explain
from probe.knowledge.rules import Example, Rule, all_rules
from probe.model.evidence import Band
from probe.model.notice_reason import NoticeReason, NoticeWhy
from probe.model.reply import Stage
from probe.reading.bounce.merge import Refusals, with_transcript
from probe.reading.bounce.reply import names_another_host, reply_line
from probe.reading.bounce.transcript import _may_have_refusals, _refusals_in, read_transcript
from probe.standards.dsn.results import DeliveryStatus

TALKING = "... while talking to mx.example.net.:\n"
RCPT, DATA, EOD = Stage.RCPT, Stage.DATA, Stage.END_OF_DATA

# transcript, then of each refusal of the remote server: reply, stage, whom it names, whether that is proven
TRANSCRIPTS = {
    "RCPT without pipelining": (
        ">>> RCPT To:<a@example.net>\n<<< 550 5.1.1 nobody\n550 5.1.1 <a@example.net>... User unknown\n",
        [("550 5.1.1 nobody", RCPT, "a@example.net", True)],
    ),
    "503 to DATA proves RCPT": (
        ">>> DATA\n<<< 554 5.7.1 no relay\n554 5.0.0 Service unavailable\n<<< 503 5.5.1 Need RCPT\n",
        [("554 5.7.1 no relay", RCPT, "", True)],
    ),
    "no valid recipients proves RCPT": (
        ">>> DATA\n<<< 554 5.7.1 no relay\n<<< 554 5.5.1 Error: no valid recipients\n",
        [("554 5.7.1 no relay", RCPT, "", True)],
    ),
    "an echo alone is no echo": (
        ">>> DATA\n<<< 503 5.5.1 RCPT first\n",
        [("503 5.5.1 RCPT first", EOD, "", False)],
    ),
    "User unknown is added at RCPT only": (
        ">>> DATA\n<<< 550 nobody\n550 5.1.1 a@example.net... User unknown\n",
        [("550 nobody", RCPT, "", True), ("550 nobody", RCPT, "a@example.net", True)],
    ),
    "one refusal under DATA is taken for one after the dot": (
        ">>> DATA\n<<< 554 5.7.0 spam\n554 5.0.0 Service unavailable\n",
        [("554 5.7.0 spam", EOD, "", False)],
    ),
    "of several the last may be either": (
        ">>> DATA\n<<< 552 5.2.2 full\n554 5.0.0 Service unavailable\n<<< 554 5.7.0 spam\n",
        [("552 5.2.2 full", RCPT, "", True), ("554 5.7.0 spam", None, "", False)],
    ),
    "354 shows that the message was sent": (
        ">>> MAIL From:<b@example.com>\n<<< 250 ok\n>>> DATA\n<<< 354 go on\n<<< 554 5.7.0 spam\n",
        [("554 5.7.0 spam", EOD, "", True)],
    ),
    "a whole dialogue shows that DATA itself was refused": (
        ">>> RCPT To:<a@example.net>\n<<< 250 ok\n>>> DATA\n<<< 451 not now\n",
        [("451 not now", DATA, "", True)],
    ),
    "Deferred names the recipient, and proves no stage": (
        ">>> DATA\n<<< 451 4.7.1 later\na@example.net... Deferred: 451 4.7.1 later\n",
        [("451 4.7.1 later", EOD, "", False), ("451 4.7.1 later", EOD, "a@example.net", False)],
    ),
    "all lines of a reply": (
        ">>> DATA\n<<< 550-5.7.1 one\n<<< 550-5.7.1 two\n<<< 550 5.7.1 three\n<<< 503 5.5.1 RCPT first\n",
        [("550-5.7.1 one 550-5.7.1 two 550 5.7.1 three", RCPT, "", True)],
    ),
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_refusal_is_put_to_the_command_that_it_answers(name: str) -> None:
    text, expected = TRANSCRIPTS[name]
    result = [item for item in read_transcript(TALKING + text) if item.is_remote]
    assert [(item.reply, item.stage, item.address, item.is_proven) for item in result] == expected
    assert {item.host for item in result} <= {"mx.example.net"}


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("a@example.net... Deferred: Connection reset by mx.example.net.", "a@example.net"),
        (
            "550 5.1.2 a@example.net... Host unknown (Name server: example.net: host not found)",
            "a@example.net",
        ),
        ("451 example.net: Name server timeout", ""),
    ],
)
def test_what_the_sending_server_adds_is_its_own(line: str, who: str) -> None:
    (item,) = read_transcript(f"   ----- Transcript of session follows -----\n{line}\n")
    assert (item.is_remote, item.address) == (False, who)


def test_the_filler_is_no_words() -> None:
    assert read_transcript(f"{TALKING}554 5.0.0 Service unavailable\n") == ()


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("550-5.7.1 first line\n550-5.7.1 second\n550 5.7.1 third", "550 5.7.1 first line second third"),
        ("550-5.7.1 first line5.7.1 second5.7.15.7.1 third", "550 5.7.1 first line second third"),
        ("550-5.7.1 first.5.7.1 second.5.7.1 third", "550 5.7.1 first. second. third"),
        ("550 5.7.1 first 5.7.1 second 5.7.1", "550 5.7.1 first second"),
        (
            "550-Callout failed: 550 550 5.1.1 <a@b.example> unknown",
            "550 Callout failed: 550 5.1.1 <a@b.example> unknown",
        ),
        ("550 see https://b.example/5.1.1 (#5.1.1)", "550 see https://b.example/5.1.1 (#5.1.1)"),
        ("451 room 451 is closed", "451 room 451 is closed"),
        ("550", "550"),
        ("Envelope expired", "Envelope expired"),
        ("550 5.1.1 unbekannter Empf\\303\\244nger", "550 5.1.1 unbekannter Empfänger"),
    ],
)
def test_a_reply_is_shown_on_one_line_with_its_code_and_status_once(reply: str, text: str) -> None:
    assert reply_line(DeliveryStatus("a@b.example", reply=reply)) == text


@pytest.mark.parametrize(
    ("words", "is_another"),
    [
        (
            "Host or domain name not found. Name service error for name=mx.old.example type=A: Host gone",
            True,
        ),
        (
            "Host or domain name not found. Name service error for name=b.example type=MX: Host not found",
            False,
        ),
        ("550 5.1.2 a@b.example... Host unknown (Name server: mx.old.example.: host not found)", True),
        ("dial tcp: lookup b.example on 192.0.2.53:53: no such host", False),
        ("DNS lookup failure: host mx.old.example not found", True),
        ("550 5.1.1 user unknown", False),
    ],
)
def test_an_absent_mail_server_is_not_an_absent_domain(words: str, is_another: bool) -> None:
    assert names_another_host(DeliveryStatus("a@B.example", reply=words)) is is_another


@pytest.mark.parametrize(
    ("host", "reply", "is_told"),
    [
        ("mx.example.net", "550 5.7.1 Relaying denied", True),
        ("MX.example.net", "550 5.7.1 Relaying denied", True),
        ("mx.other.example", "550 5.7.1 Relaying denied", False),
        ("mx.example.net", "550 5.1.1 <author@example.net>: User unknown", False),
    ],
)
def test_a_refused_login_tells_of_what_the_same_server_says_of_strangers(
    host: str, reply: str, is_told: bool
) -> None:
    login = f"{TALKING}>>> AUTH dialogue\n<<< 535 5.7.8 Password has expired\n"
    talk = f"{login}... while talking to {host}.:\n>>> RCPT To:<a@example.net>\n<<< {reply}\n"
    status = DeliveryStatus("a@example.net", reply=reply, remote_mta=host)
    words = with_transcript(status, Refusals(read_transcript(talk)), is_partial=False).reply
    assert words == ("535 5.7.8 Password has expired" if is_told else reply)


@pytest.mark.parametrize(
    ("answer", "is_told"),
    [("235 2.7.0 Authentication successful", False), ("334 UGFzcw==", True), ("535 5.7.8 No", True)],
)
def test_a_login_that_another_mechanism_mended_tells_of_nothing(answer: str, is_told: bool) -> None:
    first, reply = "535 5.7.8 Password has expired", "550 5.7.1 Relaying denied"
    talk = (
        f"{TALKING}>>> AUTH CRAM-MD5\n<<< {first}\n>>> AUTH PLAIN\n<<< {answer}\n"
        f">>> RCPT To:<a@example.net>\n<<< {reply}\n"
    )
    status = DeliveryStatus("a@example.net", reply=reply, remote_mta="mx.example.net")
    words = with_transcript(status, Refusals(read_transcript(talk)), is_partial=False).reply
    assert (words != reply) == is_told


OWN = [rule for rule in all_rules() if rule.file == "senders_own.toml"]
_AT_FAULT = {
    "own.no-route",
    "own.loop",
    "own.machine-at-fault",
    "own.transport",
    "own.login-at-relay",
    "own.tls-demanded",
}
EXAMPLES = [(rule, example) for rule in OWN for example in rule.examples]


def test_the_rules_on_own_words_are_there() -> None:
    assert {rule.id for rule in OWN} >= _AT_FAULT


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda item: getattr(item, "text", None))
def test_the_senders_own_words_are_no_proof_about_a_mailbox_or_a_recipient(
    rule: Rule, example: Example
) -> None:
    explained = explain(example.text)
    assert explained.cause is not None and explained.conduct is not None
    assert explained.conduct.fix_by != "recipient"
    assert explained.cause.id != "user_unknown"
    if explained.conduct.retry == "never":
        assert rule.final == "bad_domain"
    if rule.id in _AT_FAULT:
        assert explained.conduct.fix_by in {"sender", "sender_network", "either"}


def _notice(text: str, fields: str) -> list[BouncedRecipient]:
    return list(
        read_bounces(
            (
                "Return-Path: <>\nFrom: MAILER-DAEMON@mail.example.com\nSubject: failure notice\n"
                "MIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n"
                f"--b\nContent-Type: text/plain\n\n{text}\n\n--b\nContent-Type: message/delivery-status\n\n"
                f"Reporting-MTA: dns; mail.example.com\n\n{fields}\n\n--b--\n"
            ).encode()
        )
    )


def _fields(recipient: str, diagnostic: str, action: str = "failed") -> str:
    final = f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: 5.1.1\n"
    return f"{final}Diagnostic-Code: {diagnostic}\n\n"


def test_a_copied_reply_is_never_more_than_possible() -> None:
    text = "This is the nullmailer delivery system.\n\n\t<a@b.example>\n\t<c@b.example>\n"
    fields = "".join(_fields(name, "SMTP; 550 5.1.1 user unknown") for name in ("a@b.example", "c@b.example"))
    results = _notice(text, fields)
    assert [item.explanation.band for item in results if item.explanation] == [Band.POSSIBLE, Band.POSSIBLE]
    assert {to_json(item)["retry"] for item in results} == {"after_fix"}
    assert results[0].notice.problems == (NoticeWhy(NoticeReason.COPIED_REPLY),)


def test_one_recipients_reply_of_the_same_software_is_believed() -> None:
    text = "This is the nullmailer delivery system.\n\n\t<a@b.example>\n"
    (result,) = _notice(text, _fields("a@b.example", "SMTP; 550 5.1.1 user unknown"))
    assert (to_json(result)["band"], to_json(result)["retry"]) == ("stated", "never")


def test_a_user_unknown_that_was_tried_for_days_is_not_tried_again() -> None:
    (result,) = _notice("It failed.", _fields("a@b.example", "smtp; 450 4.1.1 <a@b.example>: User unknown"))
    output = to_json(result)
    assert (output["cause"], output["retry"], output["fix_by"]) == ("user_unknown", "after_fix", "sender")


@pytest.mark.parametrize("action", ["failed", "delayed"])
def test_an_expired_envelope_of_unknown_software_keeps_the_action_of_its_notice(action: str) -> None:
    (result,) = _notice("It is late.", _fields("a@b.example", "X-Other; Envelope expired", action))
    assert result.kind == ("bounce" if action == "failed" else "delay")


@pytest.mark.parametrize(
    ("diagnostic", "code", "status"),
    [
        ("smtp; 550 5.1.1 nobody here", 550, "5.1.1"),
        ("smtp; 550 nobody here", 550, None),
        ("unknown; 550 User <a> unknown", None, None),
        ("X-Postfix; unknown user: \"a\"", None, None),
        ("X-Postfix; host mx.b.example[192.0.2.25] said: 550 5.1.1 none (in reply to RCPT)", 550, "5.1.1"),
        ("smtp; 451 4.4.1 reply: read error from mx.b.example.", None, None),
        ("smtp; 421 4.3.0 Connection was closed prematurely (Too many retries)", None, None),
        ("smtp; Message size larger than allowed 100000", None, None),
    ],
)  # fmt: skip
def test_code_and_status_are_the_remote_servers_or_null(
    diagnostic: str, code: int | None, status: str | None
) -> None:
    (result,) = _notice("It failed.", _fields("a@b.example", diagnostic))
    output = to_json(result)
    assert (output["reply"]["code"], output["reply"]["enhanced_status"]) == (code, status)
    assert output["status"] == "5.1.1"  # what the sending server says, whoever said it first


def test_a_report_of_success_is_one_object_without_a_recipient() -> None:
    fields = "".join(_fields(name, "smtp; 250 ok", "relayed") for name in ("a@b.example", "c@b.example"))
    (result,) = _notice("It was relayed.", fields)
    output = to_json(result)
    assert (output["is_bounce"], output["kind"], output["recipient"]) == (False, "other", None)


def test_a_text_without_marks_has_no_refusals() -> None:
    """Most notices have no transcript: they are not read line by line."""
    chosen = random.Random(3464)
    pieces = (
        *(
            "<<<",
            ">>>",
            "-->",
            "<--",
            "...",
            "... ",
            " ",
            "\n",
            "\n",
            "\t",
            "\r",
            "\u2028",
            "\xa0",
            "-",
            "550",
            "250-",
        ),
        *(
            "550 no",
            "503 5.5.1",
            "\n354 go",
            "WHILE TALKING to",
            "While Talkin",
            "--- Session Transcript",
            "a@b.test",
        ),
        *(
            "<a@b.test>... ",
            "Deferred: ",
            "RCPT TO:<a@b.test>",
            "DATA",
            "Sent <<<",
            "\u0130",
            "user unknown",
            ".",
        ),
    )
    passed_over = 0
    for _ in range(20_000):
        text = "".join(chosen.choice(pieces) for _ in range(chosen.randint(1, 7)))
        if not _may_have_refusals(text):
            passed_over += 1
            assert _refusals_in(text) == (), text
    assert passed_over > 1000
