"""The pages that the browser is shown: one of each kind of result, and those that strangers had a part in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from probe.bounces import read_bounces
from probe.cli.main import run as run_command
from probe.diagnosis.assemble import report_of
from probe.explanation import explain
from probe.model.report import Report
from probe.recording.file import load
from probe.report import html_writer
from probe.report.formats import Kind, formats_of
from probe.report.style import Style
from tests.properties.test_html_hostile import BREAKS
from tests.properties.test_report_hostile import HOSTILE, poisoned
from tests.support import documents, reports

ROOT = Path(__file__).resolve().parents[2]
LIVE = "<img src=x onerror='window.poison=1'><script>window.poison=1</script><svg onload='window.poison=1'>"
LONG = "x" * 3000


def _page(kind: Kind, result: object) -> str:
    return formats_of(kind)["html"].write(kind, result, Style())


def _recorded(name: str) -> str:
    return _page(Kind.RUN, report_of(load(ROOT / "fixtures" / "recordings" / name / "recording.jsonl")))


def _of_command(*arguments: str) -> str:
    """The page that a command writes to its file."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        run_command((*arguments, "--format", "html", "-o", str(path)))
        return path.read_text(encoding="utf-8")


def _bounces() -> str:
    form = formats_of(Kind.BOUNCE)["html"]
    before, after = form.series.ends
    data = (ROOT / "fixtures" / "bounces" / "qmail-remote.eml").read_bytes()
    rows = (form.write(Kind.BOUNCE, it, Style(), is_row=True) for it in read_bounces(data, "returned.eml"))
    return "".join((before, *rows, after))


def _bulk() -> str:
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("alice@example.com\nbob@nonsense\nalice@example.com\ncarol@gmial.com\n")
        file.flush()
        return _of_command("bulk", file.name, "--offline")


def _poisoned(report: Report, text: str) -> str:
    return _page(Kind.RUN, poisoned(report, text))


PAGES: Mapping[str, Callable[[], str]] = {
    "check": lambda: _recorded("lab-tmall"),
    "accepted": lambda: _recorded("lab-healthy"),
    "domain": lambda: _page(Kind.RUN, reports.SAMPLES["domain"]()),
    "explain": lambda: _page(
        Kind.REPLY, explain("550 5.7.1 Service unavailable; client [192.0.2.1] blocked")
    ),
    "bounce": _bounces,
    "log": lambda: _of_command("log", str(ROOT / "fixtures" / "logs" / "postfix-iso.log")),
    "bulk": _bulk,
    "every-node": lambda: html_writer.write(documents.whole(lambda name: f"{name} words")),
}
HOSTILE_PAGES: Mapping[str, Callable[[], str]] = {
    "live": lambda: _poisoned(reports.refused(), LIVE),
    "breaks": lambda: _poisoned(reports.refused(), "".join(BREAKS)),
    "hostile": lambda: _poisoned(reports.refused(), "".join(HOSTILE)),
    "long": lambda: _poisoned(reports.refused(), LONG),
    "every-node": lambda: html_writer.write(documents.whole(lambda _: LIVE + "".join(BREAKS))),
    "many-sessions": lambda: _page(
        Kind.RUN, replace(reports.refused(), sessions=reports.refused().sessions * 9)
    ),
}
