"""Reports of logs that real programs wrote in one laboratory, held to what its servers really said.

The table below holds whatever the golden files say. `UPDATE_GOLDEN=1` writes these anew.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from probe.maillog.aggregate import Aggregate
from probe.maillog.further import Selection
from probe.maillog.pseudonym import Names
from probe.maillog.report import SCHEMA, LogFileRead, LogReport
from probe.maillog.summary import groups, moment, refusals, totals, volumes
from probe.model.report_tool import ReportTool
from probe.model.verdict import ExitCode, FixBy
from probe.report.formats import FORMATS, Kind
from probe.report.style import Style
from tests.unit.maillog.made import counted
from tests.unit.reading.log.samples import SAMPLES, Sample, sample

FILES = Path(__file__).parent / "reports"
GOLDEN = ("postfix-bsd", "exim-plain", "sendmail", "opensmtpd-stdout", "queue-postqueue")
COMPLETE = [it for it in SAMPLES if it.basis == "produced" and it.complete]
# What each domain of the laboratory answers, and so who must act, whichever program wrote the log.
TRUTH = {
    "unknown": ("user_unknown", FixBy.SENDER),
    "multi": ("user_unknown", FixBy.SENDER),
    "utf8": ("user_unknown", FixBy.SENDER),
    "grey": ("greylisted", FixBy.NOBODY),
    "twomx": ("greylisted", FixBy.NOBODY),
    "block": ("ip_blocklisted", FixBy.SENDER_NETWORK),
    "ehlo": ("rdns_helo", FixBy.SENDER_NETWORK),
    "mailfrom": ("sender_invalid", FixBy.SENDER),
    "eod": ("auth_failed", FixBy.SENDER),
    "greet421": ("rate_limited", FixBy.SENDER),
    "data": ("server_error", FixBy.RECIPIENT_ADMIN),
    "refused": ("connection_failed", FixBy.RECIPIENT_ADMIN),
    "silent": ("connection_failed", FixBy.RECIPIENT_ADMIN),
    "nohost": ("bad_domain", FixBy.SENDER),
    "servfail": ("dns_failure", FixBy.RECIPIENT_ADMIN),
}
# Where the program's own log tells another thing; each was looked up in it.
ELSEWISE = {
    ("dma", "servfail"),  # says "host not found" of a failure of the DNS, too
    ("sendmail", "servfail"),  # says nothing but "deferred"
}
MUST = {
    "postfix-bsd": ("ACT", "unknown.example: this mailbox does not exist", "block.example"),
    "exim-plain": ("ACT", "grey.example: greylisted", "into mailboxes or programs of this server"),
    "sendmail": ("ACT", "unknown.example: this mailbox does not exist"),
    "opensmtpd-stdout": ("ACT", "the sending IP is on a blocklist"),
    "queue-postqueue": ("wait in the queue now", "Log says", "Connection refused", "On hold"),
}
MUST_NOT = {
    "postfix-bsd": ("alice@", "bob@"),
    "exim-plain": ("ok.example:", "alice@", "bob@"),
    "sendmail": ("ok.example:", "alice@", "bob@"),
    "opensmtpd-stdout": ("ok.example:", "alice@", "bob@"),
    "queue-postqueue": ("delivered", "Reply", "alice@", "bob@"),
}


@cache
def report(name: str) -> LogReport:
    which = sample(name)
    log = b"".join(line + b"\n" for line in which.lines)
    return _report(counted(log, which.format.name), which.format.name, f"{name}.log", len(which.lines))


def _report(aggregate: Aggregate, format_name: str, path: str, lines: int) -> LogReport:
    names = Names(b"golden")
    read = LogFileRead(path, format_name, lines, 1, 0, lines - 1, "")
    return LogReport(
        SCHEMA,
        ReportTool("0", "0"),
        (read,),
        moment(aggregate.first),
        moment(aggregate.last),
        0,
        totals(aggregate),
        groups(aggregate, Selection(names, (path,))),
        (),
        volumes(aggregate),
        refusals(aggregate, names),
        None,
        (),
        ExitCode.ACCEPTED,
    )


def _text(name: str, width: int = 100, verbosity: int = 0) -> str:
    return _written(report(name), width, verbosity)


def _written(result: LogReport, width: int = 100, verbosity: int = 0) -> str:
    form = next(it for it in FORMATS if it.name == "text")
    return form.write(Kind.LOG, result, Style(width=width, verbosity=verbosity))


@pytest.mark.parametrize("name", GOLDEN)
def test_report_is_as_read(name: str) -> None:
    path = FILES / f"log-{name}.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(_text(name), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == _text(name)


@pytest.mark.parametrize("name", GOLDEN)
def test_report_says_what_it_must_and_not_what_it_must_not(name: str) -> None:
    text = " ".join(_text(name, width=1000, verbosity=1).split())
    assert [phrase for phrase in MUST[name] if phrase not in text] == []
    assert [phrase for phrase in MUST_NOT[name] if phrase in text] == []


@pytest.mark.parametrize("name", GOLDEN)
def test_the_first_screen_says_who_must_act_and_what_to_run(name: str) -> None:
    screen = _text(name, width=80).splitlines()[:24]
    text = "\n".join(screen)
    assert any(line.startswith(("ACT", "WAITS")) for line in screen) and "Next" in text
    assert "smtp-probe log" in text and all(len(line) <= 80 for line in screen)


@pytest.mark.parametrize("domain", TRUTH)
@pytest.mark.parametrize("which", COMPLETE, ids=lambda each: each.name)
def test_one_refusal_has_one_cause_whoever_logged_it(which: Sample, domain: str) -> None:
    name = f"{domain}.example"
    result = [it for it in report(which.name).groups if any(count.name == name for count in it.domains)]
    if (which.format.name, domain) in ELSEWISE or not result:
        # what never failed in the time of the log, or a program without look-ups of its own
        assert result or which.format.name in {"nullmailer", "msmtp", "courier", "dma", "opensmtpd"}
        return
    cause, fix_by = TRUTH[domain]
    # what should have passed by itself, and lasted until the message was given up
    is_lost = fix_by is FixBy.NOBODY and any(it.bounced or it.expired for it in result)
    causes = {(it.cause, it.fix_by) for it in result}
    if which.format.name in ("msmtp", "nullmailer"):  # send to nobody if one of several is refused
        causes.discard(("unknown", FixBy.SENDER))
    assert causes == {(cause, FixBy.EITHER if is_lost else fix_by)}


@pytest.mark.parametrize("which", SAMPLES, ids=lambda each: each.name)
def test_our_own_words_are_never_a_remote_reply(which: Sample) -> None:
    for group in report(which.name).groups:
        for wording in group.wordings:
            if not wording.is_remote:
                assert wording.code is None and wording.enhanced_status is None


def test_how_long_is_not_told_of_what_has_no_times() -> None:
    """nullmailer stamps no lines."""
    waits = "Failed: 451 4.7.1 Greylisted"
    rows = [
        "Starting delivery: host: mx.b.example protocol: smtp file: 17.1",
        "From: <a@a.example> to: <b@b.example>",
        "smtp: {}",
        "{}",
    ]
    log = "\n".join(rows).format(waits, "Sending failed: Temporary error in sending the message") + "\n"
    log += "\n".join(rows).format("Succeeded: 250 2.0.0 Ok", "Sent file.") + "\n"
    text = _written(_report(counted(log.encode(), "nullmailer"), "nullmailer", "mail.log", 8))
    assert "1 of the delivered had been deferred first\n" in text
    assert "after how long is not known" in text and "0 s" not in text
