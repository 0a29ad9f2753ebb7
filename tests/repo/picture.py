"""The picture of the README: what a command really prints on a terminal, as SVG.

python -m tests.repo.documents      writes it again, with all else that is generated
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "screen.svg"
COMMAND = "smtp-probe demo mailbox-full"
UNTIL = "Why"  # the first line that is left out
COLUMNS = 80
_SGR = re.compile(r"\x1b\[([\d;]*)m")
_CLASSES = {"1": "b", "2": "d", "31": "r", "32": "g", "33": "y", "34": "u", "35": "m", "36": "c"}
_ADVANCE, _LEADING, _MARGIN, _BAR = 8.4, 19, 16, 30  # of one character, of one line, around all, on top
_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"
 role="img" aria-label="{label}">
<style>
text {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 14px; fill: #d8dee9 }}
.b {{ font-weight: bold; fill: #fff }} .d {{ fill: #8b95a7 }} .r {{ fill: #ff7b85 }} .g {{ fill: #8fd18a }}
.y {{ fill: #f0c674 }} .u {{ fill: #8ab4f8 }} .m {{ fill: #d3a4e8 }} .c {{ fill: #7fd4d4 }}
</style>
<rect width="{width}" height="{height}" rx="8" fill="#1f2430"/>
"""


def screen() -> str:
    """What the command prints on a terminal that is high enough for all of it, up to `UNTIL`. ValueError
    where it prints no such line, or complains."""
    whole = _on_terminal(shlex.split(COMMAND)[1:])
    lines = whole.replace("\r\n", "\n").split("\n")
    end = next((at for at, line in enumerate(lines) if _SGR.sub("", line).startswith(UNTIL)), None)
    if end is None:
        raise ValueError(f"no line of `{COMMAND}` begins with {UNTIL!r}")
    return "\n".join(lines[:end]).strip("\n") + "\n"


def _on_terminal(arguments: list[str]) -> str:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "LINES": "400", "TERM": "xterm", "PYTHONUTF8": "1"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [sys.executable, "-m", "probe", *arguments],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT), "SMTP_PROBE_HISTORY": "0"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(theirs)
        output = _all_of(ours)
        os.close(ours)
        complaint = process.stderr.read() if process.stderr is not None else b""
    if complaint:
        raise ValueError(f"`{COMMAND}` complains: {complaint.decode(errors='replace')[-500:]}")
    return output.decode()


def _all_of(descriptor: int) -> bytes:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # the other end of a pseudo-terminal is closed
            part = b""
        if not part:
            return b"".join(parts)
        parts.append(part)


def drawn(output: str) -> str:
    """The picture of an output with SGR sequences."""
    lines = [f"$ {COMMAND}", "", *output.rstrip("\n").split("\n")]
    width = round(COLUMNS * _ADVANCE + 2 * _MARGIN)
    height = _BAR + len(lines) * _LEADING + _MARGIN
    rows = [
        f'<text x="{_MARGIN}" y="{_BAR + number * _LEADING}" xml:space="preserve">{_spans(line)}</text>'
        for number, line in enumerate(lines)
        if line
    ]
    label = escape(f"Output of {COMMAND}", {'"': "&quot;"})
    return _HEAD.format(width=width, height=height, label=label) + "\n".join(rows) + "\n</svg>\n"


def _spans(line: str) -> str:
    """One line, each run of one style in a span."""
    classes: list[str] = []
    spans = []
    for place, part in enumerate(_SGR.split(line)):
        if place % 2:
            codes = part.split(";")
            classes = [] if "0" in codes or part == "" else classes
            classes += [_CLASSES[code] for code in codes if code in _CLASSES]
        elif part:
            text = escape(part)
            spans.append(
                f'<tspan class="{" ".join(dict.fromkeys(classes))}">{text}</tspan>' if classes else text
            )
    return "".join(spans)
