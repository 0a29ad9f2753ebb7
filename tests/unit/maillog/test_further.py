"""The line to run next can be pasted as it stands."""

from __future__ import annotations

import shlex

import pytest

from probe.cli.log_options import parser
from probe.maillog.further import Selection
from probe.maillog.pseudonym import Names
from probe.maillog.summary import groups
from tests.unit.maillog.made import bounced, counted, line

ARRIVAL = (
    "Nov 29 02:59:00 mail postfix/qmgr[1]: ABCDEF1234: from=<al@a.example>, size=9, nrcpt=1 (queue active)"
)
GONE = bounced("550 5.1.1 <bob@b.example>: user unknown")
OWN = line("bounced", 'Command died with status 1: "/bin/false"', relay="local", program="local")
HIDDEN, PLAIN = Names(b"key"), Names(None)


def _command(selection: Selection, *lines: str) -> str:
    (row,) = groups(counted([ARRIVAL, *(lines or (GONE,))]), selection)
    return row.command


def test_without_addresses_it_is_the_check_by_the_queue_id() -> None:
    assert (
        _command(Selection(HIDDEN, ("mail.log",))) == "smtp-probe log mail.log --queue-id ABCDEF1234 --check"
    )


def test_with_addresses_it_is_the_check_of_the_pair() -> None:
    assert _command(Selection(PLAIN, ("mail.log",))) == "smtp-probe check -- al@a.example bob@b.example"


def test_what_this_machine_did_is_looked_at_and_not_checked() -> None:
    assert _command(Selection(HIDDEN, ("mail.log",)), OWN) == "smtp-probe log mail.log --queue-id ABCDEF1234"
    by_id = Selection(HIDDEN, ("mail.log",), queue_id="ABCDEF1234")
    assert _command(by_id, OWN).endswith("--queue-id ABCDEF1234 --addresses")


@pytest.mark.parametrize("name", ["-odd.log", "my log; rm x", "a'b.log", "$(id).log", "ä.log"])
def test_any_name_of_a_file_is_one_operand(name: str) -> None:
    words = shlex.split(_command(Selection(HIDDEN, (name,), log_format="postfix")))
    arguments = parser().parse_intermixed_args(words[2:])
    assert arguments.files[0].removeprefix("./") == name and arguments.check
    assert (arguments.log_format, arguments.queue_id) == ("postfix", "ABCDEF1234")


@pytest.mark.parametrize(
    ("listing", "begin"),
    [("postqueue", "postqueue -j | "), ("exim-queue", "exim -bp | "), ("postfix", "… | ")],
)
def test_what_came_by_stdin_is_listed_again(listing: str, begin: str) -> None:
    assert _command(Selection(HIDDEN, ("-",), listings=(listing,))).startswith(f"{begin}smtp-probe log - ")


def test_a_log_that_names_no_message_gives_no_command() -> None:
    row = GONE.replace("ABCDEF1234: to=", "NOQUEUE: to=")
    assert _command(Selection(HIDDEN, ("mail.log",)), row) == ""
