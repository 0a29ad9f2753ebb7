"""Words of the sending server itself: what its administrator set it up to say, and what it says of DNS."""

from __future__ import annotations

import pytest

from probe.maillog.lines import LogLines
from probe.model.reply import Stage
from probe.model.verdict import FixBy, Retry
from probe.reading.log.event import Speaker, Status
from tests.unit.reading.log.samples import one

EXIM = "2026-11-29 02:00:00 1xXUqD-0000000AbCd-12ef "
ABSENT = "DNS lookup failure: host x.example not found"
DMA = "Nov 29 02:30:40 mail dma[254781.562a891e19a0]: "


@pytest.mark.parametrize(
    "words",
    [
        "this account has been closed",
        "Mailing to remote domains not supported",  # as Debian sets up a host without mail of its own
        "550 5.1.1 user unknown",
        "forced rejection",  # :fail: without words
        "not now: retry timeout exceeded",
    ],
)
@pytest.mark.parametrize("before", ["** bob@x.example R=r: ", "== bob@x.example R=r defer (-1): "])
def test_exim_what_a_router_is_set_up_to_say_is_a_setting(before: str, words: str) -> None:
    event = one("exim", f"{EXIM}{before}{words}")
    assert event.words is not None
    assert (event.words.speaker, event.words.text) == (Speaker.SETTING, words)


@pytest.mark.parametrize(
    "rest",
    [
        "** bob@x.example: Unrouteable address",
        "** bob@x.example R=r: all relevant MX records point to non-existent hosts",
        "** bob@x.example R=r: an MX or SRV record indicated no SMTP service",
        "** bob@x.example R=r: retry timeout exceeded",
        '** bob@x.example R=r: mail domain "x" is syntactically invalid',
        "== bob@x.example R=r defer (-1): host lookup did not complete",
        "== bob@x.example R=r defer (-1): lookup failed for all hosts in r router: host_find_failed=defer",
        "== bob@x.example R=r defer (-1): remote host address is the local host",
        "== bob@x.example R=r defer (-1): lowest numbered MX record points to local host",
        '== bob@x.example R=r defer (-1): failed to expand "${lookup": missing',
        "== bob@x.example R=r defer (-17): error in redirect data: missing or malformed local part",
        "== bob@x.example R=r defer (-1): r router: command timed out",
        "** bob@x.example R=r T=t: mailbox is closed",
        "** bob@x.example R=r T=t H=mx.x.example [192.0.2.1]: this account has been closed",
    ],
)
def test_exim_its_own_words_of_a_router_and_those_of_a_transport_are_none(rest: str) -> None:
    event = one("exim", EXIM + rest)
    assert event.words is not None and event.words.speaker is Speaker.LOCAL


@pytest.mark.parametrize(
    ("word", "status", "words"),
    [
        ("failed", Status.BOUNCED, "DNS lookup failure: host x.example not found"),
        (
            "deferred",
            Status.DEFERRED,
            "remote delivery deferred: DNS lookup failure: host x.example not found",
        ),
    ],
)
@pytest.mark.parametrize("frame", [DMA, ""])
def test_dma_says_not_found_of_what_dns_did_not_answer_too(
    frame: str, word: str, status: Status, words: str
) -> None:
    event = one("dma", f"{frame}remote delivery {word}: {ABSENT}")
    assert event.status is status and event.words is not None
    assert (event.words.text, event.words.stage) == (words, Stage.DNS)


@pytest.mark.parametrize(
    ("line", "cause", "fix_by"),
    [
        (f"{EXIM}** bob@x.example R=r: this account has been closed", "mailbox_disabled", FixBy.SENDER),
        (f"{EXIM}== bob@x.example R=r defer (-1): come back later", "policy_unspecified", FixBy.SENDER),
        (f"{DMA}remote delivery failed: DNS lookup failure: host x.example not found", "bad_domain", None),
        (
            f"{DMA}remote delivery deferred: DNS lookup failure: host x.example not found",
            "dns_failure",
            FixBy.EITHER,
        ),
        (
            "remote delivery deferred: DNS lookup failure: host x.example not found",
            "dns_failure",
            FixBy.EITHER,
        ),
    ],
)
def test_who_must_act_for_a_line(line: str, cause: str, fix_by: FixBy | None) -> None:
    (explanation,) = LogLines().take(line, None) or ()
    conclusion = explanation.conclusion
    assert conclusion is not None and conclusion.cause.id == cause
    assert fix_by is None or conclusion.conduct.fix_by is fix_by


def test_opensmtpd_without_an_mx_may_lack_an_address_of_this_hosts_family() -> None:
    line = (
        "0000000000000000 mta delivery evpid=2b058b7f99d0faba from=<a@b.example> to=<bob@x.example> rcpt=<-> "
        'source="-" relay="x.example" delay=0s result="TempFail" stat="No MX found for domain"'
    )
    (explanation,) = LogLines().take(line, None) or ()
    conclusion = explanation.conclusion
    assert conclusion is not None
    assert (conclusion.conduct.fix_by, conclusion.conduct.retry) == (FixBy.EITHER, Retry.LATER)
    assert "IPv6 alone" in conclusion.action
    assert "dns_failure" in [it.id for it in conclusion.ranking[:2]]
