"""The list that a reply names: said with its page, and never said where there is none."""

from __future__ import annotations

import pytest

from probe.explanation import explain
from probe.knowledge.dnsbl import BlockList, all_lists
from probe.knowledge.named_list import named_list, where_to_look

NO_LIST = "The reply names no list that is known here"


def action(reply: str) -> str:
    conclusion = explain(reply).conclusion
    assert conclusion is not None
    return conclusion.action


@pytest.mark.parametrize(
    ("reply", "page", "title"),
    [
        ("550 5.7.1 blocked using zen.spamhaus.org", "https://check.spamhaus.org/", "Spamhaus ZEN"),
        (
            "554 5.7.1 Client host [192.0.2.1] blocked using bl.spamcop.net",
            "https://www.spamcop.net/",
            "SpamCop",
        ),
        (
            "554 blacklisted, see https://check.spamhaus.org/query/ip/192.0.2.1",
            "https://check.spamhaus.org/",
            "",
        ),
        ("550 192.0.2.1 is listed at Spamhaus", "https://check.spamhaus.org/", "Spamhaus ZEN"),
        ("554 rejected, SpamCop lists 192.0.2.1", "https://www.spamcop.net/", "SpamCop"),
        (
            "550 5.7.1 client [192.0.2.1] blocked using Cloudmark Sender Intelligence",
            "https://csi.cloudmark.com/en/reset/",
            "Cloudmark CSI",
        ),
    ],
)
def test_a_known_list_is_named_with_its_page(reply: str, page: str, title: str) -> None:
    sentence = action(reply)
    assert sentence.startswith(f"Look the IP up at {page}") and title in sentence
    assert "Find what sends there" in sentence


@pytest.mark.parametrize(
    "reply", ["550 5.7.1 your IP is blacklisted", "554 5.7.1 blocked using dnsbl.unknown.example"]
)
def test_no_page_is_claimed_where_none_is_named(reply: str) -> None:
    assert action(reply).startswith(NO_LIST) and "http" not in action(reply)


def test_a_link_of_its_own_is_the_page() -> None:
    words = "554 5.7.1 blocked using dnsbl.unknown.example, see https://unknown.example/?ip=192.0.2.1"
    assert action(words).startswith("Look the IP up on the page that the reply names.")


def test_a_name_within_another_is_none() -> None:
    assert named_list("blocked using notbl.spamcop.net.example") is None
    assert named_list("blocked using xbl.spamcop.netx") is None
    assert named_list("the list antispamhaus-local") is None


@pytest.mark.parametrize(
    "entry",
    [it for it in all_lists() if it.zone and it.weight and not it.is_allow_list],
    ids=lambda it: it.id,
)
def test_every_list_is_known_by_its_zone(entry: BlockList) -> None:
    assert not where_to_look(f"550 blocked using {entry.zone}").startswith(NO_LIST)


def test_a_call_back_that_did_not_come_through_is_told_as_one() -> None:
    explained = explain(
        "450 4.1.7 <bob@sender.example>: Sender address rejected: unverified address: connect to "
        "mail.sender.example[192.0.2.10]:25: Connection refused"
    )
    conclusion = explained.conclusion
    assert conclusion is not None
    assert (conclusion.cause.id, conclusion.conduct.fix_by.value) == ("sender_invalid", "sender")
    assert "calls back to your MX" in conclusion.action
    assert "it could not be reached: connect to mail.sender.example" in conclusion.retry_reason
