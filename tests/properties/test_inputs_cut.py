"""An input that was cut claims no more than the whole: logs, listings of a queue, archives, recordings.

Each is cut in many places, as a full disk, a copy that broke off or a file that is still written leaves it.
"""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from probe import run as runs
from probe.cli.main import run
from probe.maillog.outcome import Outcome
from probe.recording.file import load
from probe.recording.journal import Recording
from tests.properties.test_log_properties import POSTFIX
from tests.support.unanswered import OF_THE_CUT, firmer
from tests.unit.maillog.made import counted
from tests.unit.reading.log.samples import SAMPLES, Sample

RECORDINGS = Path(__file__).resolve().parents[2] / "fixtures" / "recordings"
CUTS = 12  # of one line
LINES = 12  # of one log
_FINAL = ("bounced", "expired")
LOGS = [it for it in SAMPLES if not it.name.startswith("queue-")]
LISTINGS = [it for it in SAMPLES if it.name.startswith("queue-")]


def _fates(data: bytes, format_name: str) -> dict[tuple[str | None, str | None], str]:
    outcomes: list[Outcome] = []
    counted(data, format_name, outcomes=outcomes)
    return {(it.event.queue_id, it.event.recipient): it.fate.value for it in outcomes}


@pytest.mark.parametrize("which", LOGS, ids=lambda each: each.name)
def test_half_a_line_of_a_log_turns_no_fate_around(which: Sample) -> None:
    lines = [line + b"\n" for line in which.lines]
    wrong = []
    for number in range(0, len(lines), max(1, len(lines) // LINES)):
        lead, last = b"".join(lines[max(0, number - 40) : number]), lines[number]
        before, after = _fates(lead, which.format.name), _fates(lead + last, which.format.name)
        for cut in range(1, len(last) - 1, max(1, len(last) // CUTS)):
            for whom, fate in _fates(lead + last[:cut], which.format.name).items():
                whole = after.get(whom)
                is_known = whole is not None and fate not in (before.get(whom), whole, "unknown", "deferred")
                if is_known and not (fate in _FINAL and whole in _FINAL):
                    wrong.append(f"{fate}, not {whole}: {last[:cut]!r}")
    assert wrong == []


@pytest.mark.parametrize("which", LISTINGS, ids=lambda each: each.name)
def test_half_a_listing_never_says_that_nothing_waits(
    which: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = b"".join(line + b"\n" for line in which.lines)
    path = tmp_path / "listing"
    ends = [place + 1 for place, octet in enumerate(data) if octet == 10][:12]
    for cut in sorted({1, *ends, *(it - 3 for it in ends)}):
        path.write_bytes(data[:cut])
        code = run(("log", str(path), "--log-format", which.format.name, "--format", "json"))
        report = json.loads(capsys.readouterr().out)
        waiting = sum(it["messages"] for it in report["groups"]) + report["totals"]["queued"]
        assert (code == 0) == (waiting + report["totals"]["held"] > 0), data[:cut]


@pytest.mark.parametrize(
    "words", ["Mail queue is empty", "/var/spool/mqueue is empty\n\t\tTotal requests: 0"]
)
def test_an_empty_queue_is_one_by_the_words_of_its_listing(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "listing"
    path.write_text(f"{words}\n")
    assert run(("log", str(path))) == 0
    assert "NOTHING WAITS" in capsys.readouterr().out


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_half_an_archive_is_a_file_that_could_not_be_read_to_its_end(
    pack: Callable[[bytes], bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = pack(b"".join(line for line in POSTFIX if b"status=sent" in line or b"status=" not in line))
    path = tmp_path / "mail.log"
    for share in range(1, 10):
        path.write_bytes(whole[: len(whole) * share // 10])
        code = run(("log", str(path)))
        out, err = capsys.readouterr()
        assert code == 2 and err.count("\n") == 1 and "archive ends before its end" in err
        assert "all " not in out and ("DELIVERED" not in out or "in what could be read" in out)
    path.write_bytes(whole)
    assert run(("log", str(path))) == 0
    assert "DELIVERED  all " in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["lab-tls-required", "lab-listed-ip", "lab-mta-sts-broken", "lab-dangling-mx"]
)
def test_no_beginning_of_a_recording_claims_what_the_whole_does_not(name: str) -> None:
    events = list(load(RECORDINGS / name / "recording.jsonl"))
    whole = runs.report_of(Recording.of(events))
    wrong = {}
    for count in range(1, len(events), 2):
        result = firmer(whole, runs.report_of(Recording.of(events[:count])), OF_THE_CUT | _OF_A_BEGINNING)
        if result:
            wrong[count] = result
    assert wrong == {}


# what a run says that has come so far, beside that it came no further
_OF_A_BEGINNING = frozenset({"recording-cut-short", "second-opinion-content", "probe-elsewhere"})
