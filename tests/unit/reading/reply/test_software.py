"""Which program speaks, by what its session shows, and what that makes of its default replies."""

from __future__ import annotations

import re

import pytest

from probe.knowledge.rule_files import SOFTWARE
from probe.knowledge.rules import all_rules
from probe.model.evidence import Evidence
from probe.model.reply import Stage
from probe.reading.reply.read import read_reply
from probe.reading.reply.software import all_software, tell
from probe.reading.reply.speaker import Speaker
from probe.reading.reply.table import rule_table

# greeting, answer to EHLO and answer to MAIL, as each program gave them when it was run
SESSIONS = {
    "postfix": (
        "mx.rcpt.test ESMTP Postfix",
        "mx.rcpt.test PIPELINING SIZE 10240000 VRFY ETRN ENHANCEDSTATUSCODES 8BITMIME DSN SMTPUTF8 CHUNKING",
        "2.1.0 Ok",
    ),
    "sendmail": (
        "mx.rcpt.test ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2; Sat, 28 Nov 2026 23:18:30 GMT; (No UCE/UBE)",
        "mx.rcpt.test Hello localhost [127.0.0.1], pleased to meet you ENHANCEDSTATUSCODES PIPELINING EXPN "
        "VERB 8BITMIME SIZE DSN ETRN DELIVERBY HELP",
        "2.1.0 <a@sender.test>... Sender ok",
    ),
    "exim": (
        "mx.rcpt.test ESMTP Exim 4.96 Sat, 28 Nov 2026 23:16:02 +0000",
        "mx.rcpt.test Hello c.sender.test [127.0.0.1] SIZE 52428800 8BITMIME PIPELINING PIPECONNECT CHUNKING "
        "HELP",
        "OK",
    ),
    "courier": (
        "mx.rcpt.test ESMTP",
        "mx.rcpt.test Ok. STARTTLS XVERP=Courier XEXDATA XSECURITY=NONE,STARTTLS PIPELINING 8BITMIME DSN",
        "Ok.",
    ),
    "opensmtpd": (
        "mx.rcpt.test ESMTP OpenSMTPD",
        "mx.rcpt.test Hello c.sender.test [127.0.0.1], pleased to meet you 8BITMIME ENHANCEDSTATUSCODES "
        "SIZE 36700160 DSN HELP",
        "2.0.0 Ok",
    ),
    "haraka": (
        "mx.rcpt.test ESMTP Haraka/3.3.4 ready (234721)",
        "mx.rcpt.test Hello localhost [127.0.0.1], Haraka is at your service. PIPELINING 8BITMIME SMTPUTF8",
        "sender <a@sender.test> OK",
    ),
    "qpsmtpd": (
        "mx.rcpt.test ESMTP qpsmtpd 0.94 ready; send us your mail, but not your spam.",
        "mx.rcpt.test Hi mx.sender.test [127.0.0.1] PIPELINING 8BITMIME",
        "<a@sender.test>, sender OK - how exciting to get mail from you!",
    ),
    "chasquid": (
        "mx.rcpt.test ESMTP chasquid",
        "mx.rcpt.test - Your hour of destiny has come. 8BITMIME PIPELINING SMTPUTF8 ENHANCEDSTATUSCODES",
        "2.1.5 You feel like you are being watched",
    ),
}
NAMELESS = {"postfix", "sendmail", "exim", "courier", "haraka", "qpsmtpd"}
"""What a session tells without the name in the greeting."""


def _of(evidence: tuple[Evidence, ...], rule: str) -> Evidence | None:
    return next((item for item in evidence if item.rule == rule), None)


@pytest.mark.parametrize("program", SESSIONS)
def test_a_program_is_told_by_its_own_session_and_no_other_is(program: str) -> None:
    greeting, ehlo, answer = SESSIONS[program]
    speaker = tell(greeting, ehlo, [answer])
    assert speaker is not None and speaker.id == program
    assert speaker.is_named == (program != "courier") and ("greeting" in speaker.says) == speaker.is_named


@pytest.mark.parametrize("program", SESSIONS)
def test_without_a_name_in_the_greeting_a_program_counts_less_or_is_not_told(program: str) -> None:
    _, ehlo, answer = SESSIONS[program]
    speaker = tell("mx.rcpt.test ESMTP ready", ehlo, [answer])
    if program not in NAMELESS:
        assert speaker is None
        return
    assert speaker is not None and speaker.id == program
    assert not speaker.is_named and speaker.factor < 1


def test_what_accepts_tells_only_where_ehlo_does_not() -> None:
    speaker = tell("mx.rcpt.test ESMTP", "mx.rcpt.test 8BITMIME", ["2.1.0 Ok"])
    assert speaker is not None and speaker.id == "postfix" and "accepts" in speaker.says


@pytest.mark.parametrize(
    "greeting",
    ["", "mx.rcpt.test ESMTP", "postfix.rcpt.test ESMTP ready", "mx ESMTP Postfix; mx ESMTP Exim 4.96"],
)
def test_a_greeting_that_names_no_program_or_two_identifies_none(greeting: str) -> None:
    assert tell(greeting, "", []) is None


def test_a_named_greeting_goes_before_what_else_the_session_shows() -> None:
    speaker = tell(SESSIONS["exim"][0], SESSIONS["postfix"][1], [SESSIONS["sendmail"][2]])
    assert speaker is not None and speaker.id == "exim"


def test_no_text_of_a_server_makes_recognition_slow_or_raise() -> None:
    assert tell("esmtp " * 100_000, "pipelining " * 100_000, ["x" * 100_000]) is None


def test_the_words_of_other_programs_count_only_where_the_session_names_the_program() -> None:
    reply = "451 4.3.2 Please try again later"
    named = Speaker("sendmail", "Sendmail, by its greeting")
    guessed = Speaker("sendmail", "Sendmail, by its answer to EHLO", False, 0.7)
    rule = "sendmail.milter-deferred"
    assert _of(read_reply(reply, Stage.RCPT).evidence, rule) is None
    assert _of(read_reply(reply, Stage.RCPT, speaker=Speaker("exim", "")).evidence, rule) is None
    result = _of(read_reply(reply, Stage.RCPT, speaker=named).evidence, rule)
    less = _of(read_reply(reply, Stage.RCPT, speaker=guessed).evidence, rule)
    assert result is not None and less is not None
    assert result.says.endswith("(Sendmail, by its greeting)") and not result.is_exact
    assert less.weights["server_error"] == pytest.approx(0.7 * result.weights["server_error"])


def test_the_words_of_one_program_do_not_count_under_the_greeting_of_another() -> None:
    reply, rule = "550 Administrative prohibition", "exim.administrative"

    def fired(speaker: Speaker | None) -> bool:
        return _of(read_reply(reply, speaker=speaker).evidence, rule) is not None

    assert fired(None) and fired(Speaker("exim", ""))
    assert not fired(Speaker("postfix", ""))
    assert fired(Speaker("postfix", "", is_named=False)), "a guess contradicts nothing"


def test_a_filters_words_count_behind_any_server() -> None:
    result = read_reply("554 5.7.1 Matched map: LOCAL", Stage.END_OF_DATA, speaker=Speaker("postfix", ""))
    assert _of(result.evidence, "rspamd.map") is not None


def test_what_a_reply_quotes_is_not_read_as_the_words_of_the_server_that_greeted() -> None:
    quoted = (
        "550 5.1.1 <a@rcpt.test>: Recipient address rejected: undeliverable address: host b.rcpt.test"
        "[192.0.2.7] said: 550 Administrative prohibition"
    )
    reading = read_reply(quoted, Stage.RCPT, speaker=Speaker("postfix", "Postfix, by its greeting"))
    result = _of(reading.evidence, "exim.administrative")
    assert result is not None and "by its greeting" not in result.says


def test_the_table_is_complete() -> None:
    entries = {item.id: item for item in all_software()}
    assert len(entries) == len(all_software())
    for item in entries.values():
        assert item.title and item.versions and item.source and item.date, item.id
        assert item.kind in {"server", "filter", "store"} and item.basis in {"run", "source"}, item.id
        for pattern in (item.greeting, item.ehlo, item.wording):
            assert pattern == pattern.lower() or "\\S" in pattern, f"{item.id}: texts are in lower case"
            re.compile(pattern)
        assert item.kind == "server" or not (item.greeting or item.ehlo or item.wording), item.id
    rules = [rule for rule in all_rules() if rule.file == SOFTWARE.name]
    assert rules and {rule.id for rule in all_rules() if "software" in rule.conditions} == {
        rule.id for rule in rules
    }
    for rule in rules:
        assert set(rule.conditions["software"]) <= set(entries), rule.id
        assert rule.basis in {"run", "source"} and not rule.final, rule.id
        assert rule.conditions.get("told_by", "session") == "session", rule.id
        if "told_by" in rule.conditions:
            assert all(entries[name].kind == "server" for name in rule.conditions["software"]), rule.id
            assert any(not example.software for example in rule.counter), "others use these words, too"


def test_what_only_a_session_tells_states_nothing() -> None:
    texts = [rule for rule in rule_table().rules if rule.software is not None and rule.software.needs_session]
    assert texts and not any(rule.is_exact for rule in texts)
