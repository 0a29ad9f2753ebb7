"""Every other way out of the program: bounces, error lines, the progress line, the catalogue's commands."""

from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe import bounces
from probe.cli import errors, progress
from probe.cli.main import run
from probe.model.text import decode, inert_lines, printable
from probe.report.json_text import json_text
from probe.report.style import Style
from tests.properties.test_report_hostile import HOSTILE, REFERENCES, live
from tests.support import rendering
from tests.support.markdown_live import live_in

IN_PROCESS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

poison = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=40),
    st.lists(st.sampled_from([*HOSTILE, *REFERENCES]), max_size=4).map("".join),
)

BOUNCE = """\
From: MAILER-DAEMON@{0}
Subject: Undelivered {0}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

<alice@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1 {0}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com {0}

Final-Recipient: rfc822; alice{0}@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net {0}
Diagnostic-Code: smtp; 550 5.1.1 no such user {0}

--b--
"""


@given(poison, st.sampled_from(["utf-8", "ascii"]))
@IN_PROCESS
def test_a_bounce_is_never_live(text: str, encoding: str) -> None:
    octets = BOUNCE.format(text).encode("utf-8", "surrogatepass")
    results = bounces.read_bounces(octets, f"x{text}")
    assert results
    for result in results:
        assert live(rendering.to_text(result, Style(width=60, encoding=encoding))) == []
        rendered = rendering.to_markdown(result)
        assert live(rendered) == []
        assert live_in(rendered) == []
        line = json_text(bounces.to_json(result))
        assert live(line) == []
        json.loads(line.encode("utf-8"))


@given(poison)
@IN_PROCESS
def test_an_error_is_one_line_and_never_live(text: str) -> None:
    stream, sys.stderr = sys.stderr, io.StringIO()
    try:
        errors.complain(text)
        output = sys.stderr.getvalue()
    finally:
        sys.stderr = stream
    assert output.count("\n") == 1
    assert live(output) == []
    assert len(output) <= errors.LINE_LIMIT + 100


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(poison)
@IN_PROCESS
def test_the_progress_line_holds_nothing_live(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm")
        patch.setattr(sys, "stderr", _Terminal())
        with progress.ProgressLine() as line:
            line(f"asking {text}")
        output = sys.stderr.getvalue()  # type: ignore[union-attr]
    assert live(output.replace("\r\x1b[K", "")) == []


@pytest.mark.parametrize(
    "command", [("rules",), ("checks",), ("demo",), ("schema",), ("replay",), ("explain",)]
)
@pytest.mark.parametrize("text", [text for text in HOSTILE if text])
def test_a_command_says_back_no_argument_live(
    command: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run((*command, text.replace("\0", "")))
    out, err = capsys.readouterr()
    assert live(out) == []
    assert live(err) == []


@given(st.one_of(poison, st.binary(max_size=60).map(decode)))
def test_printable_is_one_function_and_done_once_is_enough(text: str) -> None:
    result = printable(text)
    assert live(inert_lines(result)) == []  # a command to a build system is one at a line's beginning only
    assert "\n" not in result
    assert printable(result) == result
    result.encode("utf-8")
