"""`--format nagios` on the command line: one line on stdout and Nagios' exit codes, whatever goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe import settings
from probe.cli import choices, commands, plugin
from probe.cli.main import run
from probe.report.plugin_answer import Limits, Thresholds
from tests.cli.command import smtp_probe
from tests.cli.test_usage_errors import CASES
from tests.support.plugin_output import read_plugin

REPORTING = {"check", "domain", "log", "replay", "demo", "explain", "bounce"}


@pytest.mark.parametrize(
    "arguments",
    [case for case, _ in CASES if case[0] in REPORTING and "--format" not in case],
    ids=lambda value: repr(value)[:60],
)
def test_a_usage_error_is_unknown_on_stdout(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code = run((arguments[0], "--format", "nagios", *arguments[1:]))
    out, err = capsys.readouterr()
    assert code == 3
    assert out.count("\n") == 1
    assert ("..." in out) == bool(err), "what has no room on the line stands on stderr"
    assert read_plugin(out).state == "UNKNOWN"


@pytest.mark.parametrize(
    ("argv", "is_asked"),
    [
        (("check", "--format", "nagios"), True),
        (("check", "--format=nagios"), True),
        (("check", "--format=nagios", "--format", "text"), False),
        (("check", "--format", "text", "--format", "nagios"), True),
        (("check", "--", "--format", "nagios"), False),
        (("explain", "nagios"), False),
        (("check", "--format"), False),
        ((), False),
    ],
)
def test_a_plugin_is_told_from_other_command_lines(argv: tuple[str, ...], is_asked: bool) -> None:
    assert plugin.is_asked_for(argv) is is_asked


def test_a_fault_of_the_program_is_unknown_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SMTP_PROBE_DEBUG", raising=False)

    def fail(*_: object) -> object:
        raise RuntimeError("a bug | <b>")

    monkeypatch.setattr(commands.CommandEntry, "function", property(fail))
    assert run(("domain", "example.net", "--format", "nagios")) == 3
    assert "internal error: RuntimeError: a bug ¦ ‹b›" in read_plugin(capsys.readouterr().out).text
    assert run(("domain", "example.net")) == 70


def test_thresholds_are_read() -> None:
    usual = Thresholds()
    assert plugin.thresholds((), ()) == usual
    assert plugin.thresholds(("21d,10s",), ("3d", "30s")) == Thresholds(Limits(21, 10), Limits(3, 30))
    assert plugin.thresholds(("10s",), ()) == Thresholds(usual.warning._replace(seconds=10))


@pytest.mark.parametrize("text", ["", "3", "3 d", "d", "-1d", "3h", "1.5d", "3d,", "²d", "9999999d"])
def test_what_is_no_threshold_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("domain", "example.net", "--format", "nagios", f"-c={text}")) == 3
    assert "is no threshold" in capsys.readouterr().out or text == ""


def test_a_threshold_without_a_plugin_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("domain", "example.net", "-w", "3d")) == 2
    assert "needs --format nagios" in capsys.readouterr().err


def test_a_plugin_ends_before_nagios_ends_it() -> None:
    form = choices.destination("nagios", None, quiet=False, verbose=False).form
    assert form.timeout == settings.PLUGIN_TIMEOUT < 60
    assert choices.destination("text", None, quiet=False, verbose=False).form.timeout == 60


def test_a_run_in_the_lab_is_a_plugin() -> None:
    process = smtp_probe("demo", "tmall", "--format", "nagios")
    answer = read_plugin(process.stdout)
    assert (process.code, answer.state) == (2, "CRITICAL")
    assert answer.text.startswith("refused for good at RCPT by mx1.tmall.com")
    assert {"time", "time_rcpt", "certificate_days", "listed", "unusable"} <= set(answer.perfdata)


DELIVERED = (
    "Nov 21 12:00:01 mx postfix/smtp[3]: 4F2A2B3C4D: to=<alice@example.net>, relay=mx.example.net[192.0.2.1]"
    ":25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n"
)
REFUSED = (
    "Nov 21 12:00:30 mx postfix/smtp[3]: 5F1A2B3C4D: to=<carol@example.org>, relay=mx.example.org[192.0.2.2]"
    ":25, delay=1, delays=0/0/0/1, dsn=5.7.1, status=bounced (host mx.example.org[192.0.2.2] said: 550 5.7.1 "
    "Client host 198.51.100.7 blocked using zen.spamhaus.org (in reply to RCPT TO command))\n"
)


def log_state(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(("log", "--format", "nagios", *arguments))
    return code, read_plugin(capsys.readouterr().out).state


def test_a_log_is_critical_where_something_is_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, state = tmp_path / "mail.log", str(tmp_path / "state")
    log.write_text(DELIVERED)
    assert log_state(capsys, str(log)) == (0, "OK")
    assert log_state(capsys, str(log), "--state", state) == (0, "OK")
    log.write_text(DELIVERED + REFUSED)
    assert log_state(capsys, str(log)) == (1, "WARNING"), "without a state nothing is known to be new"
    assert log_state(capsys, str(log), "--alert-on", "any") == (2, "CRITICAL")
    missing = str(tmp_path / "missing.log")
    assert log_state(capsys, missing, str(log)) == (3, "UNKNOWN")
    assert log_state(capsys, missing, str(log), "--state", state) == (2, "CRITICAL"), "it is not hidden"
    assert log_state(capsys, str(log), "--state", state) == (1, "WARNING"), "it is known now"
    log.write_text("")
    assert log_state(capsys, str(log))[0] == 3


def test_a_queue_that_names_no_message_is_no_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "acct.csv"
    log.write_text(
        "type,timeLogged,rcpt,dsnStatus,dsnDiag,dsnMta,dlvSourceIp,queue\n"
        "tq,2026-11-29 03:00:00+0000,,4.4.1 (no answer from host),,,192.0.2.1,b.example/vmta1\n"
    )
    assert log_state(capsys, str(log)) == (1, "WARNING")
    assert log_state(capsys, str(log), "--alert-on", "any") == (2, "CRITICAL")


def test_a_log_that_is_not_read_keeps_the_news(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, state, missing = tmp_path / "mail.log", str(tmp_path / "state"), str(tmp_path / "missing.log")
    log.write_text(DELIVERED)
    log_state(capsys, str(log), "--state", state)
    before = Path(state).read_bytes()
    assert log_state(capsys, missing, str(log), "--state", state) == (3, "UNKNOWN")
    assert Path(state).read_bytes() == before


def test_a_message_that_is_not_in_the_log_is_told_as_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "mail.log"
    log.write_text(DELIVERED)
    assert run(("log", "--format", "nagios", str(log), "--queue-id", "NOSUCH1234")) == 3
    assert "the message that was asked for is not in the log" in capsys.readouterr().out
