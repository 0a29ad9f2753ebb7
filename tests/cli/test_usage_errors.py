"""Every wrong option or argument: exit code 2, one line that names it, nothing on stdout, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.cli.main import run
from tests.cli.command import smtp_probe

PAIR = ("check", "bob@example.com", "alice@example.net")
CASES = [
    (("check",), "SENDER"),
    (("check", "bob@example.com"), "RECIPIENT"),
    (("check", "bob", "alice@example.net"), "SENDER"),
    (("check", "bob@example.com", "<>"), "RECIPIENT"),
    (("check", "bob@example.com", "a..b@example.net"), "RECIPIENT"),
    (("check", "bob@example.com", "alice@exa mple.net"), "RECIPIENT"),
    (("check", "bob@example.com", "alice@example.net\r\nDATA"), "'\\r'"),
    ((*PAIR, "extra"), "extra"),
    ((*PAIR, "--ip", "300.1.1.1"), "--ip"),
    ((*PAIR, "--ip", "192.0.2.0/24"), "--ip"),
    ((*PAIR, "--bind", "host"), "--bind"),
    ((*PAIR, "--bind", "192.0.2.1", "-6"), "--bind"),
    ((*PAIR, "--bind", "192.0.2.1"), "not an address of this machine"),
    ((*PAIR, "--bind", "2001:db8::1"), "not an address of this machine"),
    ((*PAIR, "--helo", "a b"), "--helo"),
    ((*PAIR, "--helo", "mail.example.com\r\nMAIL"), "--helo"),
    ((*PAIR, "--header-from", "Bob <bob@example.com>"), "--header-from"),
    ((*PAIR, "--selector", "-s1"), "--selector"),
    ((*PAIR, "--selector", "s1", "--selector", "s 2"), "--selector"),
    ((*PAIR, "--selector", ""), "--selector"),
    ((*PAIR, "--message", "/nonexistent/a.eml"), "--message"),
    ((*PAIR, "--message", "/"), "--message"),
    ((*PAIR, "--size", "-1"), "--size"),
    ((*PAIR, "--size", "2_5"), "--size"),
    ((*PAIR, "--size", "10M"), "--size"),
    ((*PAIR, "--nameserver", "dns.example"), "--nameserver"),
    ((*PAIR, "--nameserver", "192.0.2.1:0"), "--nameserver"),
    ((*PAIR, "--nameserver", "fe80::1"), "is link-local: write ADDRESS%INTERFACE; there is lo"),
    ((*PAIR, "--nameserver", "fe80::1%nowhere0"), "this machine has no interface nowhere0; there is lo"),
    ((*PAIR, "--nameserver", "fe80::1%lo:53"), "write ADDRESS%INTERFACE, or [ADDRESS%INTERFACE]:PORT"),
    ((*PAIR, "--nameserver", "[fe80::1%lo]:0"), "--nameserver"),
    ((*PAIR, "--nameserver", "2001:db8::1%lo"), "only a link-local address (fe80::/10) has an interface"),
    ((*PAIR, "--nameserver", "192.0.2.1%lo"), "only a link-local address (fe80::/10) has an interface"),
    ((*PAIR, "--mx", "mx.example:99999"), "--mx"),
    ((*PAIR, "--mx", ""), "--mx"),
    ((*PAIR, "--port", "0"), "--port"),
    ((*PAIR, "--port", "65536"), "--port"),
    ((*PAIR, "--port", "smtp"), "--port"),
    ((*PAIR, "--port", "²5"), "--port"),
    ((*PAIR, "--tls", "always"), "--tls"),
    ((*PAIR, "--controls", "yes"), "--controls"),
    ((*PAIR, "--dnsbl", "[192.0.2.1]"), "--dnsbl"),
    ((*PAIR, "--dnsbl", "a..b"), "--dnsbl"),
    ((*PAIR, "--dnsbl", "bl.example", "--no-dnsbl"), "--dnsbl"),
    ((*PAIR, "--timeout", "0"), "--timeout"),
    ((*PAIR, "--timeout", "-3"), "--timeout"),
    ((*PAIR, "--timeout", "nan"), "--timeout"),
    ((*PAIR, "--timeout", "inf"), "--timeout"),
    ((*PAIR, "--timeout", "soon"), "--timeout"),
    ((*PAIR, "--record", "/nonexistent/run.jsonl"), "--record"),
    ((*PAIR, "--format", "html5"), "--format"),
    ((*PAIR, "-o", "/nonexistent/report.txt"), "-o"),
    ((*PAIR, "-o", "/"), "-o"),
    ((*PAIR, "--fail-on", "notice"), "--fail-on"),
    ((*PAIR, "-q", "-v"), "-q"),
    ((*PAIR, "--bogus"), "--bogus"),
    (("domain",), "DOMAIN"),
    (("domain", "alice@example.net"), "DOMAIN"),
    (("domain", "https://example.net/"), "DOMAIN"),
    (("domain", "example.net", "--port", "x"), "--port"),
    (("domain", "example.net", "--timeout", "x"), "--timeout"),
    (("explain",), "REPLY"),
    (("explain", ""), "REPLY"),
    (("explain", "550 no", "--input", "-"), "REPLY"),
    (("explain", "550 no", "--stage", "body"), "--stage"),
    (("explain", "550 no", "--format", "xml"), "--format"),
    (("explain", "550 no", "--host", "mx\x1b[2J"), "--host"),
    (("explain", "550 no", "--bogus"), "--bogus"),
    (("explain", "--input", "/nonexistent"), "--input"),
    (("explain", "550 no", "-o", "/nonexistent/x"), "-o"),
    (("replay",), "RECORDING"),
    (("replay", "/nonexistent.jsonl"), "RECORDING"),
    (("replay", "/"), "RECORDING"),
    (("redact", "/nonexistent.jsonl"), "RECORDING"),
    (("demo", "no-such-scenario"), "no-such-scenario"),
    (("checks", "no-such-check"), "no-such-check"),
    (("rules", "no-such-rule"), "no-such-rule"),
    (("schema", "nothing"), "nothing"),
    (("frobnicate",), "frobnicate"),
    (("--bogus",), "--bogus"),
]


@pytest.mark.parametrize(("arguments", "named"), CASES, ids=lambda value: repr(value)[:60])
def test_one_line_names_what_is_wrong(
    arguments: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(arguments)
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("smtp-probe: ")
    assert named in err
    assert "Traceback" not in err
    assert all(char.isprintable() for char in err.rstrip("\n"))


def test_a_bad_address_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    run(("check", "bob@example.com", "al ice@example.net"))
    assert "character 3" in capsys.readouterr().err


def test_a_near_scenario_check_or_rule_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("checks", "spff")) == 2
    assert "spf" in capsys.readouterr().err


@pytest.mark.parametrize("control", ["\r", "\n", "\x00", "\x1b", "\x7f", "\x85"])
@pytest.mark.parametrize(
    "option",
    ["--ip", "--bind", "--helo", "--header-from", "--selector", "--message", "--size", "--nameserver", "--mx",
     "--port", "--tls", "--controls", "--dnsbl", "--timeout", "--record", "--format", "-o", "--fail-on",
     "--severities"],
)  # fmt: skip
def test_controls_are_refused_in_every_option(
    option: str, control: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run((*PAIR, option, f"a{control}b")) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert option in err
    assert "control character" in err


def test_a_recording_that_is_none_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("not json\n")
    assert run(("replay", str(path))) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert str(path) in err


def test_usage_errors_hold_for_the_real_process() -> None:
    outcome = smtp_probe("check", "bob@example.com", "alice")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.count("\n") == 1


def test_record_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("precious")
    assert run((*PAIR, "--record", str(path), "--nameserver", "127.0.0.1:1", "--no-smtp")) == 2
    assert path.read_text() == "precious"
    assert capsys.readouterr().err.count("\n") == 1


def test_a_message_of_outlook_is_named_and_a_way_out_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mail.msg"
    file.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504))
    of_check = ((*PAIR, "--message", str(file)), (*PAIR, "--bounce", str(file)))
    for words in (*of_check, ("bounce", str(file)), ("bounce", str(file), "--format", "jsonl")):
        result = smtp_probe(*words)
        assert (result.code, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1
        assert "Outlook" in result.stderr and ".eml" in result.stderr
