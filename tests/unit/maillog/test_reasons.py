"""Words are read once for all events that have them; how many are read is bounded."""

from __future__ import annotations

import pytest

from probe.maillog.operators import LOCAL
from probe.maillog.reasons import Reasons
from probe.model.verdict import FixBy
from tests.unit.maillog.made import bounced, counted, line, reader


def test_a_template_is_read_once() -> None:
    lines = [
        bounced(f"550 5.1.1 <u{n}@b.example>: gone, id {n * 7919:016x}", f"ABC{n:07d}", f"u{n}@b.example")
        for n in range(200)
    ]
    aggregate = counted(lines)
    (group,) = aggregate.groups.values()
    assert len(aggregate.reasons) == 1 and [it.messages for it in group.wordings.values()] == [200]


def test_short_codes_are_read_by_themselves_and_counters_are_not() -> None:
    aggregate = counted([bounced(f"450 4.7.1 wait {n} seconds", f"ABC{n:07d}") for n in range(100, 200)])
    assert 1 <= len(aggregate.reasons) <= 5


def test_beyond_the_limit_only_code_and_status_are_read() -> None:
    words = ["".join(chr(97 + (n // 26**i) % 26) for i in range(3)) for n in range(80)]
    lines = [bounced(f"550 5.1.1 {word} gone", f"ABC{n:07d}") for n, word in enumerate(words)]
    aggregate = counted(lines)
    assert aggregate.reasons.left_over == 0
    small = counted([])
    small.reasons = Reasons(limit=10)
    small.take(reader("postfix").block("\n".join(lines).encode(), 1))
    assert small.reasons.left_over == 70
    assert sum(sum(g.messages.values()) for g in small.groups.values()) == 80


def test_a_code_in_our_own_words_is_no_reply() -> None:
    aggregate = counted([line("bounced", "Command died with status 550: x", relay="p", program="pipe")])
    (group,) = aggregate.groups.values()
    assert not group.reason.is_remote


def test_a_fault_of_our_own_server_is_not_called_the_recipient_s() -> None:
    aggregate = counted(
        ["2026-11-28 03:21:00 1vP0af-00000001abh-0Aa1 == info@b.example R=r T=spamcheck defer (0): "
        "Child process of spamcheck transport returned 127 from command: /usr/bin/spamc"],
        "exim",
    )  # fmt: skip
    (group,) = aggregate.groups.values()
    assert (group.operator.id, group.reason.fix_by) == ("local", FixBy.SENDER)
    assert "recipient" not in group.reason.title


def test_the_root_for_a_mail_server_is_a_null_mx_and_no_missing_host() -> None:
    words = "Could not dial: dial tcp: lookup . on 192.0.2.53:53: no such host"
    aggregate = counted(
        [f"2026-11-30 10:20:08.9 Ae_-faE85YY from=a@x.example to=b@b.example failed (permanent): {words}"],
        "chasquid",
    )
    (group,) = aggregate.groups.values()
    assert (group.cause, group.reason.fix_by) == ("bad_domain", FixBy.SENDER)
    assert "takes no mail" in group.reason.conclusion.action


RELAY = "smtp.b.example[192.0.2.25]"
LATER = f"host {RELAY} said: 451 4.3.0 Temporary lookup failure (in reply to RCPT TO command)"


@pytest.mark.parametrize(
    ("port", "fix_by", "title"),
    [
        (25, FixBy.RECIPIENT_ADMIN, "trouble on the recipient's server"),
        (587, FixBy.SENDER, "trouble on the relay"),
        (2525, FixBy.SENDER, "trouble on the relay"),
    ],
)
def test_a_server_at_another_port_than_25_is_a_relay_of_our_own(port: int, fix_by: FixBy, title: str) -> None:
    (group,) = counted([line("deferred", LATER, relay=f"{RELAY}:{port}")]).groups.values()
    assert (group.reason.fix_by, group.reason.title) == (fix_by, title)
    assert ("the recipient's postmaster" in group.reason.conclusion.action) == (port == 25)


@pytest.mark.parametrize(("port", "fix_by"), [(25, FixBy.RECIPIENT_ADMIN), (465, FixBy.SENDER)])
def test_so_is_one_that_could_not_be_connected_to(port: int, fix_by: FixBy) -> None:
    words = f"connect to {RELAY}:{port}: Connection timed out"
    (group,) = counted([line("deferred", words, relay="none")]).groups.values()
    assert (group.cause, group.reason.fix_by) == ("connection_failed", fix_by)


def test_debians_exim_names_its_relay_in_the_transport() -> None:
    whose = []
    for name in ("remote_smtp", "remote_smtp_smarthost"):
        words = "SMTP error from remote mail server after RCPT TO:<b@b.example>: 550 relaying denied"
        row = (
            f"2026-11-28 03:21:00 1vP0af-00000001abh-0Aa1 ** b@b.example R=r T={name} "
            f"H=smtp.x.example [192.0.2.5]: {words}"
        )
        (group,) = counted([row], "exim").groups.values()
        whose.append(group.reason.fix_by)
    assert whose == [FixBy.RECIPIENT_ADMIN, FixBy.SENDER]


def test_the_same_words_of_both_are_read_for_each() -> None:
    lines = [
        line("deferred", LATER, f"ABCDEF123{n}", relay=f"{RELAY}:{port}") for n, port in enumerate((25, 587))
    ]
    whose = {group.reason.fix_by for group in counted(lines).groups.values()}
    assert whose == {FixBy.RECIPIENT_ADMIN, FixBy.SENDER}


ABSENT = "Host or domain name not found. Name service error for name={} type={}: Host not found"


def _whose(words: str, program: str = "smtp") -> tuple[str, FixBy, str]:
    (group,) = counted([line("deferred", words, relay="none", program="error")]).groups.values()
    return group.operator.id, group.reason.fix_by, group.reason.conclusion.action


@pytest.mark.parametrize("kind", ["MX", "SRV"])
@pytest.mark.parametrize("before", ["", "delivery temporarily suspended: "])
def test_a_relay_of_this_server_that_dns_does_not_know_is_its_own_fault(kind: str, before: str) -> None:
    operator, fix_by, action = _whose(before + ABSENT.format("smtp.provider.example", kind))
    assert (operator, fix_by) == ("local", FixBy.SENDER) and "relayhost" in action


def test_a_host_of_which_only_addresses_were_asked_may_be_either_side_s() -> None:
    operator, fix_by, action = _whose(ABSENT.format("mx.b.example", "A"))
    assert (operator, fix_by) == ("b.example", FixBy.EITHER) and "relay" in action


def test_a_host_without_an_ipv4_address_may_be_one_that_this_server_does_not_look_up() -> None:
    absent = ABSENT.format("mx.x.example", "A")
    _, fix_by, action = _whose(
        absent.replace("Host not found", "Host found but no data record of requested type")
    )
    assert fix_by is FixBy.EITHER and "inet_protocols = ipv4" in action
    assert "inet_protocols" not in _whose(absent)[2]


@pytest.mark.parametrize("name", ["b.example", "B.example", "b.example."])
def test_the_recipient_s_own_domain_is_no_relay(name: str) -> None:
    operator, _, action = _whose(ABSENT.format(name, "MX"))
    assert operator == "b.example" and "relay" not in action


@pytest.mark.parametrize("words", ["mail transport unavailable", "unknown mail transport error"])
def test_a_transport_of_this_server_is_its_own(words: str) -> None:
    assert _whose(words, "error")[:2] == ("local", FixBy.SENDER)


def test_a_mailbox_in_punycode_is_read_apart_from_others_with_the_same_reply() -> None:
    words = "550 5.1.1 User unknown"
    aggregate = counted(
        [
            bounced(words, "ABC0000001", "anna@b.example"),
            bounced(words, "ABC0000002", "xn--gre-6ka8l@b.example"),
        ]
    )
    causes = {
        group.reason.conclusion.cause.id: sum(group.messages.values()) for group in aggregate.groups.values()
    }
    assert causes == {"user_unknown": 1, "address_syntax": 1}


def test_an_address_of_this_server_that_has_no_mailbox_is_mended_here() -> None:
    words = 'unknown user: "news"'
    row = line("bounced", words, to="news@a.example", relay="local", program="local")
    (group,) = counted([row]).groups.values()
    assert group.operator is LOCAL
    assert group.reason.conclusion.action.startswith("The address is one of this server's own")
    assert group.reason.fix_by is FixBy.SENDER


@pytest.mark.parametrize("words", ["this domain is closed", "mail to this company is not allowed", "not now"])
@pytest.mark.parametrize("status", ["bounced", "deferred"])
def test_what_postfix_is_set_to_refuse_is_this_servers_own(words: str, status: str) -> None:
    (group,) = counted([line(status, words, relay="none", program="error")]).groups.values()
    assert group.operator is LOCAL
    assert group.reason.fix_by is FixBy.SENDER
    assert group.reason.title == "a setting of this mail server"
    assert group.reason.conclusion.action.startswith("This server refuses or holds this mail by a setting")


def test_a_table_that_lacks_the_address_is_told_as_a_mailbox_that_is_missing_here() -> None:
    words = "User unknown in virtual mailbox table"
    (group,) = counted([line("bounced", words, relay="none", program="error")]).groups.values()
    assert group.operator is LOCAL
    assert group.reason.conclusion.cause.id == "user_unknown"
    assert group.reason.conclusion.action.startswith("The address is one of this server's own")


def test_words_that_the_error_service_repeats_are_those_of_the_attempt_before() -> None:
    words = "delivery temporarily suspended: connect to mx.b.example[192.0.2.1]:25: Connection refused"
    (group,) = counted([line("deferred", words, relay="none", program="error")]).groups.values()
    assert group.operator is not LOCAL
    assert group.reason.fix_by is FixBy.RECIPIENT_ADMIN
