"""`smtp-probe doctor` as a process: what it refuses, and that --offline asks nobody."""

from __future__ import annotations

import json

import jsonschema
import pytest

from probe.cli.main import run
from probe.report.schema import doctor_schema


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--towards", "x..y"), "--towards"),
        (("--ip", "300.1.1.1"), "--ip"),
        (("--offline", "--towards", "example.net"), "leave one of them out"),
        (("-4", "-6"), "cannot be used together"),
        (("--bind", "192.0.2.99"), "--ip says where your mail leaves from"),
        (("-6", "--bind", "127.0.0.1"), "is an IPv4 address, but -6 is set"),
        (("--timeout", "0"), "give seconds, more than 0"),
        (("--format", "csv"), "is not one of"),
        (("--nameserver", "dns.example"), "give the resolver's address"),
        (("--mta", "none", "--config-dir", "/etc"), "--mta none"),
        (("-q", "-v"), "cannot be used together"),
        (("extra",), "one argument too many"),
        (("--helo", "a\nb"), "control character"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, tuple) else "",
)
def test_a_bad_option_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(("doctor", *arguments)) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("smtp-probe: ") and streams.err.count("\n") == 1
    assert says in streams.err


def test_offline_reports_what_the_machine_tells_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--offline", "--helo", "mail.sender.example", "--mta", "none", "--format", "json")
    code = run(("doctor", *options))
    streams = capsys.readouterr()
    document = json.loads(streams.out)
    jsonschema.validate(document, doctor_schema())
    assert streams.err == ""
    assert document["is_offline"] and document["connections"] == []
    assert document["exit_code"] == code
    assert "fit" not in {it["readiness"] for it in document["uses"]}
    levels = {it["id"]: it["fitness"] for it in document["tests"]}
    assert levels["libraries"] == "fit"
    assert levels["port25-ipv4"] == levels["resolver-answers"] == "not_assessed"
