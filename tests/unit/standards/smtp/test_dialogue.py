"""The dialogue's table: all of it walked, and its rules one by one."""

from __future__ import annotations

import itertools

import pytest

from probe.model.address import Mailbox
from probe.model.reply import Stage
from probe.model.session import Stop
from probe.model.target import TlsMode
from probe.standards.smtp.commands import Verb
from probe.standards.smtp.dialogue import (
    TABLE,
    Action,
    Answer,
    AwaitGreeting,
    Close,
    Dialogue,
    DialoguePlan,
    Handshake,
    Move,
    Send,
    State,
)
from probe.standards.smtp.reader import ReplyReader, WireReply

BOB = Mailbox("bob", "example.com", "example.com")
ALICE = Mailbox("alice", "example.net", "example.net")
CAROL = Mailbox("carol", "example.net", "example.net")
DAVE = Mailbox("dave", "example.net", "example.net")
JUERGEN = Mailbox("jürgen", "example.net", "example.net")


def plan(*paths: Mailbox, **others: object) -> DialoguePlan:
    return DialoguePlan("probe.test", BOB, paths or (ALICE,), **others)  # type: ignore[arg-type]


def reading(*lines: str) -> WireReply:
    (read,) = ReplyReader().feed("".join(f"{line}\r\n" for line in lines).encode())
    return read


def play(dialogue: Dialogue, *replies: str | bool) -> list[str]:
    """Answer each action in turn; True and False are outcomes of a handshake. What was said."""
    lines: list[str] = []
    action: Action = dialogue.begin()
    for reply in replies:
        assert not isinstance(action, Close), f"closed before {reply!r}"
        if isinstance(reply, bool):
            assert isinstance(action, Handshake)
            action = dialogue.secured() if reply else dialogue.insecure()
        else:
            action = dialogue.replied(reading(*reply.split("|")))
        if isinstance(action, Send):
            lines.append(str(action.command))
    lines.append("closed" if isinstance(action, Close) else "open")
    return lines


MAIL, RCPT = "MAIL FROM:<bob@example.com>", "RCPT TO:<alice@example.net>"


def test_a_whole_dialogue_stops_at_rcpt() -> None:
    dialogue = Dialogue(plan())
    actions = play(dialogue, "220 hi", "250 hi", "250 ok", "550 no", "221 bye")
    assert actions == ["EHLO probe.test", MAIL, RCPT, "QUIT", "closed"]
    assert dialogue.stop is Stop.DONE


@pytest.mark.parametrize("greeting", ["554 go away", "421 busy", "450 later", "250 wrong", "120 odd"])
def test_any_greeting_but_220_ends_with_quit(greeting: str) -> None:
    assert play(Dialogue(plan()), greeting, "221 bye") == ["QUIT", "closed"]


@pytest.mark.parametrize("code", [500, 501, 502, 503, 504, 550, 554])
def test_helo_after_a_refused_ehlo(code: int) -> None:
    actions = play(Dialogue(plan()), "220 hi", f"{code} what", "250 hi", "250 ok")
    assert actions == ["EHLO probe.test", "HELO probe.test", MAIL, RCPT, "open"]


@pytest.mark.parametrize("refusal", ["450 later", "421 closing"])
def test_ehlo_put_off_ends_the_dialogue(refusal: str) -> None:
    assert play(Dialogue(plan()), "220 hi", refusal) == ["EHLO probe.test", "QUIT", "open"]


def test_starttls_is_used_when_offered_and_ehlo_said_again() -> None:
    dialogue = Dialogue(plan())
    actions = play(dialogue, "220 hi", "250-hi|250 STARTTLS", "220 go", True, "250-hi|250 SIZE 9")
    assert actions == ["EHLO probe.test", "STARTTLS", "EHLO probe.test", MAIL, "open"]


def test_starttls_announced_inside_tls_is_not_used_again() -> None:
    actions = play(Dialogue(plan()), "220 hi", "250-hi|250 STARTTLS", "220 go", True, "250-hi|250 STARTTLS")
    assert actions[-2] == MAIL


def test_what_was_announced_in_the_clear_is_forgotten() -> None:
    dialogue = Dialogue(plan(size=5))
    actions = play(dialogue, "220 hi", "250-hi|250-SIZE 9|250 STARTTLS", "220 go", True, "250 hi")
    assert actions[-2] == MAIL


def test_never_leaves_starttls_alone() -> None:
    actions = play(Dialogue(plan(tls=TlsMode.NEVER)), "220 hi", "250-hi|250 STARTTLS")
    assert actions == ["EHLO probe.test", MAIL, "open"]


def test_required_tls_that_is_not_offered_stops() -> None:
    dialogue = Dialogue(plan(tls=TlsMode.REQUIRE))
    assert play(dialogue, "220 hi", "250 hi", "221 bye") == ["EHLO probe.test", "QUIT", "closed"]
    assert dialogue.stop is Stop.TLS_NOT_OFFERED


@pytest.mark.parametrize("mode", [TlsMode.AUTO, TlsMode.REQUIRE])
def test_refused_starttls_stops(mode: TlsMode) -> None:
    dialogue = Dialogue(plan(tls=mode))
    assert play(dialogue, "220 hi", "250-hi|250 STARTTLS", "454 no")[-2:] == ["QUIT", "open"]
    assert dialogue.stop is Stop.TLS_REFUSED


def test_a_failed_handshake_closes_at_once() -> None:
    dialogue = Dialogue(plan())
    assert play(dialogue, "220 hi", "250-hi|250 STARTTLS", "220 go", False)[-1] == "closed"
    assert dialogue.stop is Stop.TLS_FAILED


@pytest.mark.parametrize(
    ("size", "offer", "text"),
    [(9, "250-hi|250 SIZE", MAIL + " SIZE=9"), (None, "250-hi|250 SIZE", MAIL), (9, "250 hi", MAIL)],
)
def test_size_only_when_known_and_offered(size: int | None, offer: str, text: str) -> None:
    assert play(Dialogue(plan(size=size)), "220 hi", offer)[-2] == text


def test_smtputf8_when_needed_and_offered() -> None:
    actions = play(Dialogue(plan(JUERGEN)), "220 hi", "250-hi|250 SMTPUTF8", "250 ok")
    assert actions[-3:] == [MAIL + " SMTPUTF8", "RCPT TO:<jürgen@example.net>", "open"]


def test_smtputf8_needed_and_not_offered_stops_before_mail() -> None:
    dialogue = Dialogue(plan(JUERGEN))
    assert play(dialogue, "220 hi", "250 hi")[-2] == "QUIT"
    assert dialogue.stop is Stop.SMTPUTF8_NOT_OFFERED


def test_refused_mail_ends_without_rcpt() -> None:
    dialogue = Dialogue(plan())
    assert play(dialogue, "220 hi", "250 hi", "550 no", "221 bye")[-3:] == [MAIL, "QUIT", "closed"]
    assert dialogue.stop is Stop.MAIL_REFUSED


def test_each_recipient_is_asked_whatever_the_others_got() -> None:
    actions = play(
        Dialogue(plan(ALICE, CAROL, DAVE)), "220 hi", "250 hi", "250 ok", "550 no", "450 later", "250 ok"
    )
    assert [line for line in actions if line.startswith("RCPT")] == [
        f"RCPT TO:<{m}>" for m in (ALICE, CAROL, DAVE)
    ]
    assert actions[-2:] == ["QUIT", "open"]


def test_421_to_a_recipient_ends_the_questions() -> None:
    dialogue = Dialogue(plan(ALICE, CAROL))
    assert play(dialogue, "220 hi", "250 hi", "250 ok", "421 closing")[-2:] == ["QUIT", "open"]
    assert dialogue.stop is Stop.CLOSING


@pytest.mark.parametrize("place", range(5))
def test_an_invitation_to_send_data_closes_without_another_octet(place: int) -> None:
    replies = ["220 hi", "250 hi", "250 ok", "250 ok", "221 bye"]
    dialogue = Dialogue(plan())
    actions = play(dialogue, *replies[:place], "354 go ahead")
    assert actions[-1] == "closed"
    assert len(actions) == place + 1


def test_a_reply_of_mixed_codes_is_no_acceptance() -> None:
    dialogue = Dialogue(plan())
    play(dialogue, "220 hi", "250 hi", "250 ok", "550-no|250 yes")
    assert dialogue.stop is Stop.UNUSABLE_REPLY


def test_of_a_greeting_of_mixed_codes_the_last_line_decides() -> None:
    result = Dialogue(plan())
    assert "EHLO probe.test" in play(result, "554-no|220 hi")
    refused = Dialogue(plan())
    play(refused, "220-hi|554 no")
    assert refused.stop is Stop.GREETING_REFUSED


def test_ehlo_only_names_no_mailbox() -> None:
    dialogue = Dialogue(plan(until=Stage.EHLO))
    actions = play(dialogue, "220 hi", "250-hi|250 STARTTLS", "220 go", True, "250 hi", "221 bye")
    assert actions == ["EHLO probe.test", "STARTTLS", "EHLO probe.test", "QUIT", "closed"]
    assert dialogue.stop is Stop.DONE


def test_lost_step_leaves_at_once() -> None:
    dialogue = Dialogue(plan())
    play(dialogue, "220 hi", "250 hi")
    action = dialogue.lost_step()
    assert isinstance(action, Send) and action.command.verb is Verb.QUIT
    assert isinstance(dialogue.lost_step(), Close)
    assert dialogue.stop is Stop.OUT_OF_STEP


def test_more_than_three_recipients_cannot_be_planned() -> None:
    with pytest.raises(ValueError, match="at most 3"):
        plan(ALICE, ALICE, ALICE, ALICE)


def test_the_table_covers_every_state_and_every_answer() -> None:
    waits = set(State) - {State.HANDSHAKE, State.CLOSED}
    assert set(TABLE) == waits
    for state in waits:
        assert set(TABLE[state]) == set(Answer)
        assert set(TABLE[state].values()) <= set(Move)


CLASSES = [
    "220 ok",
    "250-ok|250 STARTTLS",
    "251 ok",
    "354 data",
    "421 bye",
    "450 later",
    "502 what",
    "550 no",
    "550-x|250 y",
    "?",
]


def walk(dialogue_of: DialoguePlan) -> tuple[int, set[Verb]]:
    """Every dialogue that the classes of reply can lead to; the longest one and all that was said."""
    longest, verbs = 0, set()
    open_ends: list[tuple[str | bool, ...]] = [()]
    while open_ends:
        path = open_ends.pop()
        dialogue = Dialogue(dialogue_of)
        action = dialogue.begin()
        rcpts = 0
        for step in path:
            if isinstance(step, bool):
                action = dialogue.secured() if step else dialogue.insecure()
            else:
                action = dialogue.replied(reading(*step.split("|")))
            if isinstance(action, Send):
                verbs.add(action.command.verb)
                rcpts += action.command.verb is Verb.RCPT
        longest = max(longest, len(path))
        assert rcpts <= 3 and len(path) < 16
        if isinstance(action, Close):
            assert dialogue.state is State.CLOSED and dialogue.stop is not None
        elif isinstance(action, Handshake):
            open_ends += [(*path, True), (*path, False)]
        else:
            assert isinstance(action, AwaitGreeting | Send)
            # whatever is answered to QUIT, the way leads out: two classes stand for all
            few = dialogue.state is State.QUIT
            open_ends += [(*path, reply) for reply in (CLASSES[:2] if few else CLASSES)]
    return longest, verbs


@pytest.mark.parametrize(
    ("mode", "until"),
    list(itertools.product(TlsMode, (Stage.EHLO, Stage.RCPT))),
    ids=lambda value: str(value),
)
def test_every_dialogue_ends_and_says_nothing_outside_the_enumeration(mode: TlsMode, until: Stage) -> None:
    longest, verbs = walk(plan(ALICE, CAROL, tls=mode, until=until))
    assert verbs <= set(Verb)
    assert longest <= 11
    if until is Stage.EHLO:
        assert verbs.isdisjoint({Verb.MAIL, Verb.RCPT})
