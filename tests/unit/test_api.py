"""The Python API offline: what people see of results, options from texts, and what `import probe` loads."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import probe
from probe.model.address_parse import parse_mailbox
from probe.report.json_report import to_json
from probe.report.schema import report_schema
from tests.support import reports

FIXTURES = Path(__file__).parents[2] / "fixtures"
RECORDING = FIXTURES / "recordings/lab-spf-fail/recording.jsonl"
MESSAGE = FIXTURES / "bounces/alibaba-text.eml"


def test_a_report_is_written_as_the_command_line_does() -> None:
    report = probe.replay(RECORDING)
    jsonschema.validate(json.loads(report.to_json()), report_schema())
    assert report.to_json() == to_json(report)
    assert report._repr_markdown_() == report.to_markdown() != ""
    assert report.to_html().startswith("<!doctype html>")
    assert max(map(len, report.to_text(width=60).splitlines())) <= 60
    assert len(report.to_text(verbosity=-1)) < len(report.to_text()) < len(report.to_text(verbosity=1))


@pytest.mark.parametrize("name", reports.SAMPLES)
def test_a_repr_is_one_short_line(name: str) -> None:
    report = reports.SAMPLES[name]()
    assert repr(report).startswith("<Report ") and len(repr(report)) < 200
    assert repr(report) == str(report)


def test_a_repr_is_never_live() -> None:
    report = reports.SAMPLES["refused"]()
    target = replace(report.target, reverse_path="\x1b[2J\u202e@example.com")
    assert repr(replace(report, target=target)).isprintable()
    assert repr(probe.explain("550 \x1b[2J\nno")).isprintable()
    bounced = probe.bounce(MESSAGE.read_bytes().replace(b"alice@", b"\x1b[2Jalice@"))
    assert all(repr(it).isprintable() for it in bounced)


def test_what_explain_and_bounce_give_is_written_too() -> None:
    (bounced,) = probe.bounce(MESSAGE)
    explained = probe.explain("450 4.2.0 Greylisted")
    assert repr(explained) == "<Explanation greylisted (stated): Greylisted>"
    assert repr(bounced) == "<BouncedRecipient bounce for alice@example.net, mailbox_full (stated)>"
    for result in (bounced, explained):
        assert json.loads(result.to_json())["cause"] in ("mailbox_full", "greylisted")
        assert result.to_text() and result.to_markdown() == result._repr_markdown_()
        assert "<main" in result.to_html()


def test_a_bounce_is_octets_or_a_file(tmp_path: Path) -> None:
    data = MESSAGE.read_bytes()
    assert [it.status for it in probe.bounce(data)] == [it.status for it in probe.bounce(str(MESSAGE))]
    mailbox = tmp_path / "mbox"
    mailbox.write_bytes(
        b"From mailer Sat Nov 21 08:00:00 2026\n" + data + b"\nFrom mailer Sat Nov 21 08:00:00 2026\n" + data
    )
    assert len(probe.bounce(mailbox)) == 2
    (nothing,) = probe.bounce(b"")
    assert not nothing.is_bounce
    with pytest.raises(FileNotFoundError):
        probe.bounce(tmp_path / "none.eml")


def test_redact_gives_what_the_command_does(tmp_path: Path) -> None:
    redaction = probe.redact(RECORDING)
    shared = tmp_path / "shared.jsonl"
    shared.write_text(redaction.text)
    assert "alice@recipient.example" not in redaction.text
    assert probe.replay(shared).verdict.cause == probe.replay(RECORDING).verdict.cause
    assert not probe.redact(shared).is_new
    assert len(repr(redaction)) < 200


def test_a_run_from_python_is_recorded_where_it_is_told(tmp_path: Path) -> None:
    options = probe.Options(nameservers="127.0.0.1:9", timeout=2, smtp=False, dnsbl_enabled=False, mta="none")
    path = tmp_path / "run.jsonl"
    live = probe.check_sync("bob@example.com", "alice@example.net", options, record=path)
    assert probe.replay(path) == live
    with pytest.raises(probe.RecordingError, match="already exists"):
        probe.domain_sync("example.net", options, record=path)
    assert [it.name for it in tmp_path.iterdir()] == ["run.jsonl"]


def test_texts_stand_for_what_they_name() -> None:
    options = probe.Options(
        ip="192.0.2.10",
        bind="::ffff:192.0.2.1",
        header_from="bob@example.com",
        selectors="s1",
        nameservers=["9.9.9.9", "[2620:fe::9]:5353"],
        mx="MX.example.net",
        families=6,
        tls="require",
        timeout=3,
    )
    assert options == probe.Options(
        ip=ip_address("192.0.2.10"),
        bind=ip_address("192.0.2.1"),
        header_from=parse_mailbox("bob@example.com"),
        selectors=("s1",),
        nameservers=(probe.Endpoint("9.9.9.9", 53), probe.Endpoint("2620:fe::9", 5353)),
        mx=probe.Endpoint("mx.example.net", 25),
        families=(6,),
        tls=probe.TlsMode.REQUIRE,
        timeout=3.0,
    )
    assert replace(options, ip=None).ip is None and hash(options)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("ip", "300.1.1.1"), ("ip", 5), ("bind", "host"), ("helo", "a\r\nDATA"), ("helo", ""), ("helo", 1)),
        *(("header_from", "bob"), ("header_from", b"bob@example.com"), ("selectors", [1]), ("size", -1)),
        *(
            ("size", "10M"),
            ("size", True),
            ("nameservers", "x..y"),
            ("nameservers", [None]),
            ("mx", "mx:99999"),
        ),
        *(("mx", 25), ("port", 0), ("port", 65536), ("port", "25"), ("families", 5), ("families", ())),
        *(
            ("tls", "always"),
            ("tls", None),
            ("controls", "yes"),
            ("smtp", "no"),
            ("timeout", 0),
            ("timeout", "3"),
        ),
        *(("timeout", float("nan")), ("timeout", float("inf")), ("fail_on", "notice"), ("seed", -1)),
        *(
            ("mta", "qmail"),
            ("mta_config", None),
            ("route", "relay"),
            ("dnsbl", ["a b"]),
            ("allow_private", 1),
        ),
    ],
)
def test_a_wrong_option_is_named_when_it_is_made(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^Options\.{field}: ") as caught:
        probe.Options(**{field: value})
    assert str(caught.value).isprintable()


def test_in_a_running_loop_the_form_that_works_is_named() -> None:
    async def cell() -> None:
        with pytest.raises(RuntimeError, match=r"write `report = await probe\.check\(\.\.\.\)`"):
            probe.check_sync("bob@example.com", "alice@example.net")
        with pytest.raises(RuntimeError, match=r"`report = await probe\.domain\(\.\.\.\)`"):
            probe.domain_sync("example.net")

    asyncio.run(cell())


def test_every_name_is_there_and_dir_tells_it() -> None:
    assert [name for name in probe.__all__ if not hasattr(probe, name)] == []
    assert dir(probe) == sorted(probe.__all__)
    assert callable(probe.bounce) and callable(probe.redact)


def test_import_probe_loads_nothing_more() -> None:
    script = "import sys, probe; print(sorted(name for name in sys.modules if name.startswith('probe')))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['probe', 'probe._version']"
