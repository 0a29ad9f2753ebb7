"""What the program can say, and what it cannot."""

import pytest

from probe.model.address import Mailbox, NullReversePath
from probe.model.reply import Stage
from probe.standards.smtp.commands import Command, Verb, stage_of

ALICE = Mailbox("alice", "example.com", "example.com")


def test_nothing_that_delivers_logs_in_or_lists_has_a_spelling() -> None:
    assert set(Verb) == {"EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "RSET", "NOOP", "QUIT"}


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (Command.ehlo("mx.example.com"), b"EHLO mx.example.com\r\n"),
        (Command.helo("[192.0.2.1]"), b"HELO [192.0.2.1]\r\n"),
        (Command.starttls(), b"STARTTLS\r\n"),
        (Command.mail(ALICE), b"MAIL FROM:<alice@example.com>\r\n"),
        (Command.mail(ALICE, 1024), b"MAIL FROM:<alice@example.com> SIZE=1024\r\n"),
        (Command.mail(NullReversePath()), b"MAIL FROM:<>\r\n"),
        (Command.rcpt(ALICE), b"RCPT TO:<alice@example.com>\r\n"),
        (Command.quit(), b"QUIT\r\n"),
    ],
)
def test_the_octets_of_each_command(command: Command, line: bytes) -> None:
    assert command.wire() == line


def test_a_quoted_local_part_goes_out_as_it_was_given() -> None:
    mailbox = Mailbox('"a b\\"c"', "example.com", "example.com")
    assert Command.rcpt(mailbox).wire() == b'RCPT TO:<"a b\\"c"@example.com>\r\n'


def test_smtputf8_goes_out_as_utf8_with_its_parameter() -> None:
    mailbox = Mailbox("jürgen", "example.com", "example.com")
    line = Command.mail(mailbox, smtputf8=True).wire()
    assert line == "MAIL FROM:<jürgen@example.com> SMTPUTF8\r\n".encode()


@pytest.mark.parametrize("evil", ["a\r\nRCPT TO:<x@y>", "a\nb", "a\0b", "a\x7fb", "a\x85b", "a\u2028b"])
def test_a_control_character_is_refused_everywhere(evil: str) -> None:
    for make in (Command.ehlo, Command.helo):
        with pytest.raises(ValueError, match="control"):
            make(evil)
    mailbox = Mailbox(evil, "example.com", "example.com")
    for build in (Command.mail, Command.rcpt):
        with pytest.raises(ValueError, match="control"):
            build(mailbox)


@pytest.mark.parametrize(
    ("line", "stage"),
    [
        (b"EHLO x\r\n", Stage.EHLO),
        (b"HELO x\r\n", Stage.EHLO),
        (b"mail from:<>\r\n", Stage.MAIL),
        (b"RCPT TO:<a@b>\r\n", Stage.RCPT),
        (b"QUIT\r\n", Stage.QUIT),
        (b"\r\n", Stage.QUIT),
        (b"XYZZY\r\n", Stage.QUIT),
    ],
)
def test_the_stage_of_a_recorded_line(line: bytes, stage: Stage) -> None:
    assert stage_of(line) is stage
