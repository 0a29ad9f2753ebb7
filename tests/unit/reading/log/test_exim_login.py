"""A login that the next server refused to Exim is the reason for what it then says of the recipients."""

from __future__ import annotations

import pickle

import pytest

from probe.maillog.further import Selection
from probe.maillog.pseudonym import Names
from probe.maillog.summary import groups
from probe.model.verdict import FixBy
from probe.reading.log.deliveries import events_of
from probe.reading.log.event import Event
from probe.reading.log.exim_login import RefusedLogins
from probe.reading.log.formats import by_name
from tests.unit.maillog.made import counted

ID = "1xXvLG-00000r-1W"
BEGIN = f"2026-11-29 03:00:00 {ID}"
ARRIVAL = f"{BEGIN} <= al@a.example U=al P=local S=9"
HOST = "H=smtp.b.example [192.0.2.25]"
EXPIRED = "535 5.7.8 Password has expired"
LOGIN = f"{BEGIN} plain authenticator failed {HOST} {EXPIRED}"
AT_RCPT = f"T=out {HOST}: SMTP error from remote mail server after RCPT TO:<bob@b.example>: "
DENIED = f"{BEGIN} ** bob@b.example R=smart {AT_RCPT}550 5.7.1 Relaying denied"
NO_LOGIN = "authentication required but authentication attempt(s) failed"
WITHOUT = f"{BEGIN} == bob@b.example R=smart T=out defer (-42): {NO_LOGIN}"


def _told(*lines: str, brief: bool = True) -> tuple[str, FixBy, str]:
    """(cause, who must act, the words shown) of the one failure."""
    (row,) = groups(
        counted([ARRIVAL, *lines], "exim", None if brief else []), Selection(Names(None), ("mainlog",))
    )
    return row.cause, row.fix_by, row.wordings[0].example


@pytest.mark.parametrize("brief", [True, False])
@pytest.mark.parametrize("failure", [DENIED, WITHOUT])
@pytest.mark.parametrize(
    "login",
    [
        LOGIN,
        LOGIN.replace("] 535", "]:587 535"),
        LOGIN.replace("smtp.b.example [", "smtp.b.example (mx.b.example) ["),
        LOGIN.replace("failed H", "cancelled authentication H"),
    ],
)
def test_it_is_the_senders_account_and_not_the_recipients_server(
    login: str, failure: str, brief: bool
) -> None:
    assert _told(login, failure, brief=brief) == ("smtp_auth_required", FixBy.SENDER, EXPIRED)


@pytest.mark.parametrize("brief", [True, False])
def test_every_recipient_of_the_session_has_that_reason(brief: bool) -> None:
    other = DENIED.replace("bob@", "eve@")
    (row,) = groups(
        counted([ARRIVAL, LOGIN, DENIED, other], "exim", None if brief else []),
        Selection(Names(None), ("mainlog",)),
    )
    assert (row.cause, row.bounced) == ("smtp_auth_required", 2)


@pytest.mark.parametrize(
    "failure",
    [
        DENIED.replace("5.7.1 Relaying denied", "5.1.1 No such user"),
        DENIED.replace("5.7.1 Relaying denied", "<author@b.example>: No such user"),
        DENIED.replace("5.7.1 Relaying denied", "mx.relay.example has no such user"),
        DENIED.replace("5.7.1 Relaying denied", "User unknown in relay recipient table"),
        DENIED.replace("192.0.2.25", "192.0.2.26"),
        DENIED.replace("RCPT TO:<bob@b.example>", "end of data"),
        DENIED.replace(ID, "1xXvLG-00000s-1W"),
        DENIED.replace("03:00:00", "03:15:00"),
    ],
    ids=[
        "a mailbox",
        "its name",
        "the server's name",
        "no relaying",
        "another server",
        "the message",
        "another message",
        "another attempt",
    ],
)
@pytest.mark.parametrize("brief", [True, False])
def test_what_does_not_follow_from_the_login_keeps_its_own_words(failure: str, brief: bool) -> None:
    assert EXPIRED not in _told(LOGIN, failure, brief=brief)[2]


@pytest.mark.parametrize("brief", [True, False])
def test_a_slow_session_is_one_attempt(brief: bool) -> None:
    assert EXPIRED in _told(LOGIN, DENIED.replace("03:00:00", "03:05:00"), brief=brief)[2]


def test_a_client_that_failed_to_log_in_here_is_none_of_it() -> None:
    here = LOGIN.replace("failed H=smtp.b.example [192.0.2.25] 535", "failed for (pc) [192.0.2.25]: 535")
    assert EXPIRED not in _told(here, DENIED)[2]


def test_a_process_that_did_not_read_the_login_is_told_of_it() -> None:
    row = by_name("exim")
    assert row is not None
    before, behind = row.make(), row.make()
    before.look_ahead(f"{ARRIVAL}\n{LOGIN}\n{WITHOUT}\n".encode())
    behind.is_brief = True
    behind.enter(pickle.loads(pickle.dumps(before.context)))
    (event,) = events_of(behind.block(f"{DENIED}\n".encode(), 4))
    assert isinstance(event, Event) and event.earlier is not None and event.earlier.text == EXPIRED


def test_only_the_logins_of_recent_messages_are_kept() -> None:
    logins = RefusedLogins()
    for number in range(1_500):
        logins.note(f"id{number % 1_200}", LOGIN.removeprefix(f"{BEGIN} "), None)
    assert len(logins.recent) == 1_000 and "id299" in logins.recent and "id300" not in logins.recent
