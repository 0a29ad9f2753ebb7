"""Every fixture says what it is about, and the index of them is what they make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo import fixtures
from tests.repo.fixtures import FIXTURES, PAGE, Fixture, folders, index, strays


def test_the_index_of_fixtures_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == index(), "run: python -m tests.repo.documents"


def test_no_file_belongs_to_no_fixture() -> None:
    assert len(folders()) > 5
    assert strays() == [], "put a TOML file of the same name, with a sentence `about`, beside it"


def test_what_lies_beside_a_fixture_belongs_to_it() -> None:
    (delay,) = (it for it in fixtures.fixtures(FIXTURES / "bounces") if it.name == "postfix-delay")
    assert [path.name for path in delay.files] == ["postfix-delay.eml", "postfix-delay.toml"]
    assert delay.about == "Postfix: a delay"


def test_the_rows_of_a_fixture_are_told() -> None:
    (lines,) = (it for it in fixtures.fixtures(FIXTURES / "hostile") if it.name == "lines")
    assert ("reply-of-eight-megabytes", "One line without end") in lines.parts
    (kinds,) = (it for it in fixtures.fixtures(FIXTURES / "replies") if it.name == "kinds")
    assert dict(kinds.kinds)["a quoted reply is not the reply"] > 3


@pytest.mark.parametrize(
    "text",
    ['kind = "bounce"\n', 'about = ""\n', "about = 7\n", 'about = "A list"\n[[file]]\nname = "silent"\n'],
)
def test_a_fixture_without_a_sentence_is_named(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixtures, "ROOT", tmp_path)
    (tmp_path / "mute.toml").write_text(text, encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"^mute\.toml: (?:the file|silent) does not say what it is `about`$"
    ):
        fixtures.fixtures(tmp_path)


def test_a_recording_of_nothing_known_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixtures, "ROOT", tmp_path)
    for name in ("lab-nowhere", "tmall"):
        (tmp_path / name).mkdir()
        with pytest.raises(ValueError, match=rf"^{name}: is not named after a scenario"):
            fixtures.fixtures(tmp_path)
        (tmp_path / name).rmdir()


def test_a_stray_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixtures, "ROOT", tmp_path)
    monkeypatch.setattr(fixtures, "FIXTURES", tmp_path)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "README.md").write_text("Logs.\n", encoding="utf-8")
    (folder / "told.toml").write_text('about = "A log"\n', encoding="utf-8")
    (folder / "told.log").write_text("x\n", encoding="utf-8")
    (folder / "untold.log").write_text("x\n", encoding="utf-8")
    assert fixtures.fixtures(folder) == [
        Fixture("told", "A log", (folder / "told.log", folder / "told.toml"))
    ]
    assert strays() == ["logs/untold.log"]
