"""The text report: what comes first, what fits, and what is never said."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import replace

import pytest

from probe.model.finding import Finding, Severity
from probe.model.reply import Stage
from probe.model.report import ReportNotReached
from probe.model.report_dns import ReportDane
from probe.model.steps import StepStatus
from probe.report import run_words
from probe.report.page import Page, columns, wrap
from probe.report.style import Style
from probe.standards.tls.results import DaneStatus
from tests.support import reports
from tests.support.rendering import to_markdown, to_text

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_first_lines_say_who_and_the_verdict() -> None:
    lines = to_text(reports.refused()).splitlines()
    assert lines[0].startswith("bob@example.com → alice@shop.example")
    assert lines[0].endswith("nothing delivered")
    assert lines[2] == "DNS ✓ · connect ✓ · TLS ✓ · MAIL ✓ · RCPT ✗ 554"
    assert lines[3] == "REFUSED FOR GOOD  at RCPT by mx1.shop.example [203.0.113.16]"
    assert lines[4].strip() == "554 5.0.0 user unknown"


def test_order_is_verdict_cause_action_why_steps_dialogue() -> None:
    text = to_text(reports.refused())
    marks = [
        "REFUSED",
        "Cause",
        "Who acts",
        "Act  ",
        "Retry",
        "Settle it",
        "Why",
        "Nine steps",
        "Dialogue",
    ]
    positions = [text.index(mark) for mark in marks]
    assert positions == sorted(positions)


def test_causes_show_shares_and_the_rest() -> None:
    text = to_text(reports.refused())
    assert re.search(r"Cause +52 %  the domain takes no mail from outside \(likely\)", text)
    few = replace(reports.refused(), causes=reports.refused().causes[:2])
    assert re.search(r"  7 %  something else", to_text(few))


def test_evidence_against_stands_beside_evidence_for() -> None:
    text = to_text(reports.refused())
    assert re.search(r"for +\+10  postmaster@shop\.example got the same answer", text)
    assert re.search(r"against +−4  the text speaks of one user", text)
    assert re.search(r"neutral +5\.0\.0 carries no information", text)


def test_all_nine_steps_are_shown_in_order() -> None:
    text = to_text(reports.refused())
    section = text[text.index("Nine steps") : text.index("Dialogue")]
    assert re.findall(r"(?m)^  ([1-9]) ", section) == list("123456789")


def test_the_steps_of_a_message_that_is_not_given_are_one_line() -> None:
    report = reports.refused()
    argument = (it for it in report.findings if it.step not in (4, 5))
    size = Finding(
        "size-limit", Severity.NOT_ASSESSED, 4, "not known", remedy="Give it.", tag="size-not-known"
    )
    message = Finding(
        "message-missing", Severity.NOT_ASSESSED, 5, "absent", remedy="Give it.", tag="message-not-given"
    )
    missing = replace(report, findings=(*argument, size, message))
    section = to_text(missing).split("Nine steps")[1].split("Dialogue")[0]
    assert re.findall(r"(?m)^  ([1-9]) ", section) == list("12346789")
    line = "  4 – size; 5 content        up to 35 MiB; --message FILE lets both be assessed"
    assert line in section.splitlines()
    for whole in (to_markdown(missing), to_text(missing, Style(verbosity=1))):
        assert "not known" in whole and "absent" in whole


def test_quiet_is_the_verdict_and_the_cause_only() -> None:
    lines = to_text(reports.refused(), Style(width=200, verbosity=-1)).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("REFUSED FOR GOOD  at RCPT by mx1.shop.example [203.0.113.16]: 554 5.0.0")
    assert lines[1] == "Cause: the domain takes no mail from outside (52 %, likely)"


def test_quiet_demo_still_says_that_it_is_a_lab() -> None:
    assert to_text(reports.demo(), Style(verbosity=-1)).startswith("LAB: ")


def test_demo_says_first_that_nothing_is_real() -> None:
    assert to_text(reports.demo()).startswith("LAB: scenario “tmall”")
    assert "LAB" not in to_text(reports.refused())


def test_verbose_has_every_dns_answer_every_line_and_the_note() -> None:
    report = reports.refused()
    text = to_text(report, Style(verbosity=1))
    for answer in report.dns.answers:
        assert answer in text
    for session in report.sessions:
        for exchange in session.exchanges:
            assert exchange.sent in text
            assert all(line in text for line in exchange.reply_lines)
    assert "To: postmaster@shop.example" in text
    assert "\n      554 5.0.0 user unknown" in text  # the note's own indent survives


def test_default_names_the_codes_of_each_session() -> None:
    text = to_text(reports.refused())
    assert "greeting 220 · EHLO 250 · STARTTLS 220 · EHLO 250 · MAIL 250 · RCPT 554" in text
    assert "control: postmaster" in text


def test_accepted_at_risk_names_the_prediction_before_the_steps() -> None:
    text = to_text(reports.accepted_at_risk())
    assert text.index("ACCEPTED AT RCPT, LIKELY TO BE REFUSED LATER") < text.index("After DATA")
    assert text.index("SPF fail and p=reject") < text.index("Nine steps")
    assert text.rstrip().endswith("exit 5")


def test_accepted_claims_no_more_than_rcpt() -> None:
    text = to_text(reports.accepted())
    assert "ACCEPTED AT RCPT  by mx1.shop.example" in text
    assert "Retry" not in text.split("Nine steps")[0]
    assert "A probe stops before DATA" in " ".join(text.split())


@pytest.mark.parametrize("name", sorted(reports.SAMPLES))
@pytest.mark.parametrize("verbosity", [-1, 0, 1])
def test_never_says_valid_exists_or_deliverable(name: str, verbosity: int) -> None:
    text = to_text(reports.SAMPLES[name](), Style(verbosity=verbosity))
    assert not re.search(r"(?i)\b(valid|exists|deliverable)\b", text)


def test_deferred_says_when_to_retry() -> None:
    assert re.search(r"Retry +in 5 min", to_text(reports.deferred()))


def test_inconclusive_names_what_was_not_reached() -> None:
    text = to_text(reports.inconclusive())
    assert "INCONCLUSIVE  while connecting to mx1.shop.example [203.0.113.16]" in text
    assert "RCPT: no connection" in text
    assert "cut short" in text


def test_not_reached_is_named_for_a_complete_run_too() -> None:
    report = replace(reports.refused(), not_reached=(ReportNotReached("blocklists", "--no-dnsbl"),))
    assert "blocklists: --no-dnsbl" in to_text(report)


def test_verdict_of_dns_says_how_the_domain_is_routed() -> None:
    report = reports.refused()
    report = replace(
        report,
        verdict=replace(report.verdict, stage=Stage.DNS, reply=None),
        sessions=(),
        dns=replace(report.dns, route="null_mx"),
    )
    assert "REFUSED FOR GOOD  in DNS: a null MX" in to_text(report)


def test_domain_report_shows_the_server_and_its_policies() -> None:
    text = to_text(reports.domain())
    for expected in (
        "SERVER ANSWERS",
        "10 mx1.shop.example: 203.0.113.16",
        "220 mx1.shop.example ESMTP ready",
        "SIZE 36700160, 8BITMIME",
        "takes 35 MiB",
        "TLSv1.3",
        "issued by CN=Example CA",
        "MTA-STS",
        "DANE",
        "TLS-RPT",
        "Example Mail",
    ):
        assert expected in text
    assert "Nine steps" not in text


@pytest.mark.parametrize("name", sorted(reports.SAMPLES))
@pytest.mark.parametrize("width", [100, 60, 40])
@pytest.mark.parametrize("verbosity", [-1, 0, 1])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_no_line_is_wider_than_the_terminal(name: str, width: int, verbosity: int, encoding: str) -> None:
    style = Style(
        width=width, verbosity=verbosity, encoding=encoding, note="Saved nothing. --record FILE keeps it."
    )
    text = to_text(reports.SAMPLES[name](), style)
    assert [line for line in text.splitlines() if columns(line) > width] == []


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "gb2312"])
def test_every_character_fits_the_stream(encoding: str) -> None:
    report = replace(reports.refused(), contact_note="用户不存在 ö")
    to_text(report, Style(encoding=encoding, verbosity=1)).encode(encoding)


def test_colour_only_adds_to_the_text() -> None:
    plain = to_text(reports.refused())
    painted = to_text(reports.refused(), Style(colour=True))
    assert "\x1b[31mREFUSED FOR GOOD\x1b[0m" in painted
    assert ANSI.sub("", painted) == plain
    assert "\x1b" not in plain


def test_wide_characters_count_two_columns() -> None:
    assert columns("用户") == 4
    assert wrap("用户不存在", 4) == ["用户", "不存", "在"]


def test_wrapping_cuts_words_that_no_line_can_hold() -> None:
    assert wrap("aaaaaaa bb", 3) == ["aaa", "aaa", "a", "bb"]
    assert wrap("", 3) == [""]


def test_page_hangs_further_lines_under_the_first_word() -> None:
    page = Page(Style(width=30))
    page.text("one two three four five six", lead="for ", indent=2)
    assert str(page).splitlines() == ["  for one two three four five", "      six"]


def test_an_acceptance_in_the_words_of_a_refusal_is_not_to_be_relied_on() -> None:
    doubt = Finding(
        "reply-permanence", Severity.WARNING, 1, "250 in the words of a refusal", tag="reply-refuses-in-words"
    )
    report = replace(reports.SAMPLES["accepted"](), findings=(doubt,))
    text = " ".join(to_text(report).split())
    assert "Act Do not rely on this acceptance" in text
    assert "the server accepts in the words of a refusal" in text
    assert "nothing found that makes a refusal likely" not in text


@pytest.mark.parametrize("tag", ["probe-elsewhere", "probe-place-not-known"])
def test_a_probe_that_may_stand_elsewhere_says_so_first(tag: str) -> None:
    place = Finding("vantage-address", Severity.NOTICE, 6, "the probe stands elsewhere", tag=tag)
    report = reports.SAMPLES["refused"]()
    assert "Vantage the probe stands elsewhere" in " ".join(
        to_text(replace(report, findings=(place,))).split()
    )
    step = replace(report.checklist[5], findings=("vantage-address",), status=StepStatus.PASS)
    both = replace(report, findings=(place,), checklist=(step,))
    assert " ".join(to_text(both).split()).count("the probe stands elsewhere") == 1
    here = replace(place, tag="probe-at-sending-address", severity=Severity.OK)
    assert "Vantage" not in to_text(replace(report, findings=(here,)))


@pytest.mark.parametrize(
    ("status", "words"),
    [("unknown", "DKIM unknown"), ("missing", "DKIM: no usable key"), ("valid", "DKIM s1")],
)
def test_a_key_that_was_not_answered_for_is_not_called_missing(status: str, words: str) -> None:
    report = reports.SAMPLES["refused"]()
    key = replace(report.dns.dkim[0], selector="s1", status=status)
    text = " ".join(to_text(replace(report, dns=replace(report.dns, dkim=(key,)))).split())
    assert words in text


def test_what_came_without_a_code_is_shown_without_one() -> None:
    result = reports.exchange("greeting", "", "HTTP/1.1 400 Bad Request", code=0)
    session = replace(reports.session(), exchanges=(result,))
    report = replace(reports.SAMPLES["inconclusive"](), sessions=(session,))
    assert "greeting ! no SMTP reply" in to_text(report)
    verbose = to_text(report, Style(verbosity=1))
    assert "HTTP/1.1 400 Bad Request" in verbose
    assert "0 HTTP" not in verbose


def test_the_same_words_of_several_sessions_are_shown_once() -> None:
    report = reports.SAMPLES["refused"]()
    twice = Finding(
        "reply-grammar", Severity.WARNING, 1, "replies break the grammar", tag="replies-ambiguous"
    )
    step = replace(report.checklist[0], findings=("reply-grammar",))
    result = to_text(replace(report, findings=(twice, twice), checklist=(step,)))
    assert result.count("replies break the grammar") == 1


def test_a_domain_that_was_not_heard_at_ehlo_is_not_said_to_announce_no_limit() -> None:
    report = reports.SAMPLES["domain"]()
    result = replace(report.sessions[0], extensions=("8BITMIME",), size_limit=None)
    silent = replace(result, exchanges=(), extensions=())
    assert "Size         no limit announced" in to_text(replace(report, sessions=(result,)))
    assert "Size         not seen" in to_text(replace(report, sessions=(silent,)))


def test_a_domain_whose_server_answers_with_faults_points_to_them() -> None:
    fault = Finding("certificate", Severity.WARNING, 2, "expired", tag="certificate-not-verified")
    report = reports.SAMPLES["domain"]()
    assert "The findings are worth a look." in to_text(replace(report, findings=(fault,)))
    assert "The findings are worth a look." not in to_text(replace(report, findings=()))


@pytest.mark.parametrize("status", DaneStatus)
def test_every_state_of_dane_is_told_in_words(status: DaneStatus) -> None:
    report = reports.SAMPLES["domain"]()
    dane = ReportDane("mx.example", status.value, (), ())
    for rendered in (to_text, to_markdown):
        result = rendered(replace(report, dns=replace(report.dns, dane=(dane,))))
        assert "not_seen" not in result and "insecure" not in result
        assert f"mx.example: {run_words.DANE[status]}" in " ".join(result.replace("`", "").split())


def test_several_rules_in_the_same_words_are_one_line_with_the_sum_of_their_weights() -> None:
    report = reports.SAMPLES["refused"]()
    piece = report.causes[0].evidence_for[0]
    texts = (
        replace(piece, text="the text says so", weight_db=9),
        replace(piece, text="the text says so", weight_db=6),
    )
    twice = replace(report, causes=(replace(report.causes[0], evidence_for=texts, evidence_against=()),))
    assert "+15  the text says so\n" in to_text(twice)
    assert to_text(twice).count("the text says so") == 1
    assert to_text(twice, Style(verbosity=1)).count("the text says so") == 2


def test_what_the_findings_of_a_step_say_to_do_is_not_said_again_behind_them() -> None:
    report = reports.SAMPLES["refused"]()
    open_end = Finding(
        "size-limit",
        Severity.NOT_ASSESSED,
        4,
        "the size is not known",
        remedy="Give --size BYTES.",
        tag="size-not-known",
    )
    step = replace(report.checklist[3], findings=("size-limit",), do="Give --size BYTES.")
    result = to_text(replace(report, findings=(open_end,), checklist=(step,)), Style(verbosity=1))
    assert result.count("Give --size BYTES.") == 1


def test_what_dns_did_not_answer_about_the_sender_is_told_with_its_reason_and_leaves_the_rest_open() -> None:
    report = reports.SAMPLES["accepted"]()
    assert report.dns.spf is not None
    silent = "SPF of a.example: temperror, no usable answer from DNS (TXT a.example: SERVFAIL)"
    unseen = Finding("spf", Severity.NOT_ASSESSED, 2, silent, tag="spf-temperror")
    findings = (*(f for f in report.findings if f.id != "spf"), unseen)
    dns = replace(report.dns, spf=replace(report.dns.spf, result="temperror"))
    text = " ".join(to_text(replace(report, dns=dns, findings=findings)).split())
    assert silent in text
    assert "no usable answer about SPF of the sender" in text
    assert "nothing found that makes a refusal likely" not in text


@pytest.mark.parametrize("width", [20, 60, 100])
def test_a_proposed_command_can_be_pasted_though_it_is_broken(width: int) -> None:
    words = [
        "smtp-probe",
        "check",
        "bob@example.com",
        "--helo",
        "mx 1.example.com",
        "it's",
        "--",
        "-a@x.example",
    ]
    page = Page(Style(width=width))
    page.command(shlex.join(words), indent=14)
    shell = ["sh", "-c", str(page).replace("smtp-probe", r"printf '%s\n' smtp-probe", 1)]
    assert subprocess.run(shell, capture_output=True, text=True, check=True).stdout.splitlines() == words
