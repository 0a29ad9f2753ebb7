"""A bug gives one line and exit code 70; the traceback only on request."""

from __future__ import annotations

import pytest

from probe.cli import explain
from probe.cli.main import run


class PlantedError(Exception):
    pass


def _fail(*_: object) -> int:
    raise PlantedError("a\x1bb\nc")


def test_a_bug_is_one_line_and_says_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explain, "main", _fail)
    monkeypatch.delenv("SMTP_PROBE_DEBUG", raising=False)
    assert run(("explain", "550")) == 70
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "PlantedError" in err
    assert "report it" in err
    assert "\x1b" not in err


def test_debugging_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "main", _fail)
    monkeypatch.setenv("SMTP_PROBE_DEBUG", "1")
    with pytest.raises(PlantedError):
        run(("explain", "550"))


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(explain, "main", interrupt)
    assert run(("explain", "550")) == 130
    assert capsys.readouterr().err == "smtp-probe: interrupted\n"
