"""What holds for every address, however odd."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from probe.model.address import AddressError, Mailbox
from probe.model.address_parse import describe, parse_domain, parse_endpoint, parse_ip, parse_mailbox
from probe.model.text import printable

PIECES = st.sampled_from(
    [
        *("IPv6:", "xn--", "com", "example.com", "192.0.2.1", "::1"),
        *'aZ9@.-_"\\<>[]:%/ßé例。Ａİ \r\n\x00\u202e\u200d\u0627',
    ]
)
TEXT = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join))


@given(TEXT)
def test_every_text_is_a_mailbox_or_a_fault_with_a_place(text: str) -> None:
    try:
        mailbox = parse_mailbox(text)
    except AddressError as error:
        assert 0 <= error.position <= len(text)
        line = describe(error)
        assert line == printable(line)
    else:
        assert text.startswith(mailbox.local_part + "@")
        assert mailbox.domain.isascii()


@given(TEXT)
def test_what_was_read_reads_the_same_again(text: str) -> None:
    try:
        mailbox = parse_mailbox(text)
    except AddressError:
        return
    assert parse_mailbox(str(mailbox)) == mailbox


@given(TEXT)
def test_no_line_break_and_no_control_gets_into_a_command(text: str) -> None:
    try:
        mailbox = parse_mailbox(text)
    except AddressError:
        return
    assert str(mailbox) == printable(str(mailbox))


@given(TEXT)
def test_the_other_readers_raise_nothing_else(text: str) -> None:
    for read in (parse_domain, parse_ip, lambda t: parse_endpoint(t, 25)):
        try:
            read(text)
        except AddressError as error:
            assert 0 <= error.position <= len(text)


LOCAL = st.text(alphabet="abcXYZ019!#$%&'*+-/=?^_`{|}~.é例", min_size=1, max_size=20)
LABEL = st.text(alphabet="abcz09-éß例", min_size=1, max_size=8)
DOMAIN = st.lists(LABEL, min_size=2, max_size=4).map(".".join)


@given(LOCAL, DOMAIN)
def test_what_email_validator_takes_is_taken(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    try:
        validated = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_quoted_local=True,
            test_environment=True,
        )
    except EmailNotValidError:
        return
    mailbox = parse_mailbox(text)
    assert isinstance(mailbox, Mailbox)
    assert mailbox.domain == validated.ascii_domain
