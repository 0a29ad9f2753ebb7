"""`--format html` in a real browser: on a screen, a phone and paper, for eyes, keys and screen readers; and
nothing in it acts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.pages import HOSTILE_PAGES, PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE, SCREEN = {"width": 360, "height": 740}, {"width": 1100, "height": 900}
EVERY_PAGE = {**PAGES, **{f"hostile-{name}": make for name, make in HOSTILE_PAGES.items()}}
each_page = pytest.mark.parametrize("name", EVERY_PAGE)
OPEN = "for (const it of document.querySelectorAll('details')) it.open = true"


class Shown:
    """A page that is shown, with all that it wanted to load, said or did beyond being shown."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.doings: list[str] = []
        page.on("dialog", lambda it: self._note(f"dialog {it.message}"))
        page.on("pageerror", lambda it: self._note(f"error {it}"))
        page.on("console", lambda it: self._note(f"console {it.text}"))
        page.on("popup", lambda _: self._note("popup"))
        page.on("request", lambda it: None if it.url == path.as_uri() else self._note(f"request {it.url}"))
        page.goto(path.as_uri())

    def _note(self, doing: str) -> None:
        self.doings.append(doing)

    def value(self, expression: str) -> Any:
        return self.page.evaluate(expression)


@contextmanager
def shown(
    chromium: Browser, text: str, folder: Path, size: dict[str, int] = SCREEN, scheme: str = "light"
) -> Iterator[Shown]:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    context = chromium.new_context(viewport=size, color_scheme=scheme, offline=True)  # type: ignore[arg-type]
    try:
        yield Shown(context.new_page(), path)
    finally:
        context.close()


@each_page
def test_nothing_acts_and_nothing_is_loaded(name: str, chromium: Browser, tmp_path: Path) -> None:
    with shown(chromium, EVERY_PAGE[name](), tmp_path) as page:
        page.value(OPEN)
        for key in ("Tab", "Tab", "Enter", "Tab", "Space"):
            page.page.keyboard.press(key)
        page.page.wait_for_load_state("networkidle")
        assert page.doings == []
        assert page.value("window.poison") is None
        assert page.value("document.scripts.length + document.images.length + document.forms.length") == 0
        assert page.value("document.querySelectorAll('style, link, base, iframe, object').length") == 1
        attributes = "[...document.querySelectorAll('*')].flatMap(it => it.getAttributeNames())"
        names = set(page.value(attributes))
        assert not {it for it in names if it.startswith("on") or it in {"style", "src", "srcdoc", "action"}}
        links = page.value("[...document.querySelectorAll('[href]')].map(it => it.getAttribute('href'))")
        assert all(link.startswith("#") for link in links)


def test_the_policy_stops_what_would_act_all_the_same(chromium: Browser, tmp_path: Path) -> None:
    """A writer's fault would let a stranger's element in: the policy of the page is the second wall."""
    live = "<script>window.poison=1</script><img src=x onerror='window.poison=1'><b style='color:red'>x</b>"
    text = PAGES["check"]().replace("</main>", f"{live}<iframe src='data:text/html,x'></iframe></main>")
    with shown(chromium, text, tmp_path) as page:
        page.page.wait_for_load_state("networkidle")
        assert page.value("window.poison") is None
        assert page.value("getComputedStyle(document.querySelector('b')).color") != "rgb(255, 0, 0)"
        assert sum("Content Security Policy" in it for it in page.doings) >= 4
        assert page.value("getComputedStyle(document.body).overflowWrap") == "anywhere", "the sheet applies"


@each_page
@pytest.mark.parametrize("size", [PHONE, SCREEN], ids=["phone", "screen"])
def test_no_page_is_wider_than_the_window(
    name: str, size: dict[str, int], chromium: Browser, tmp_path: Path
) -> None:
    with shown(chromium, EVERY_PAGE[name](), tmp_path, size) as page:
        for unfold in ("0", OPEN):
            page.value(unfold)
            assert page.value("document.documentElement.scrollWidth") <= size["width"]
            wide = "[...document.body.querySelectorAll('*')].filter(it => !it.closest('.scroll, .skip') && "
            wide += "it.getBoundingClientRect().right > innerWidth + 1).map(it => it.outerHTML.slice(0, 80))"
            assert page.value(wide) == []


@each_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(name: str, scheme: str, chromium: Browser, tmp_path: Path) -> None:
    """All rules of axe-core: names, landmarks, headings, tables, contrast, what can be reached by keys."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    size = PHONE if scheme == "dark" else SCREEN
    with shown(chromium, EVERY_PAGE[name](), tmp_path, size, scheme) as page:
        page.value(OPEN)
        page.value(axe)
        result = page.value("axe.run(document, {resultTypes: ['violations', 'incomplete']})")
        violations = [(it["id"], [node["html"][:120] for node in it["nodes"]]) for it in result["violations"]]
        assert violations == [], json.dumps(violations, indent=1)
        assert result["passes"], "axe looked at the page"


def test_keys_reach_the_answer_first_and_every_fold(chromium: Browser, tmp_path: Path) -> None:
    with shown(chromium, PAGES["check"](), tmp_path, PHONE) as page:
        page.page.keyboard.press("Tab")
        assert page.value("document.activeElement.textContent") == "Skip to the answer"
        assert page.value("document.activeElement.getBoundingClientRect().left") >= 0
        page.page.keyboard.press("Enter")
        assert page.value("location.hash") == "#answer"
        folds = page.value("document.querySelectorAll('summary').length")
        reached = set()
        for _ in range(80):
            page.page.keyboard.press("Tab")
            reached.add(
                page.value("[...document.querySelectorAll('summary')].indexOf(document.activeElement)")
            )
        assert reached >= set(range(folds))


def test_the_answer_and_the_act_stand_on_the_first_screen(chromium: Browser, tmp_path: Path) -> None:
    with shown(chromium, PAGES["check"](), tmp_path, PHONE) as page:
        for place in (".word", ".reply", ".act .do"):
            assert page.value(f"document.querySelector('{place}').getBoundingClientRect().bottom") < 740


def test_paper_has_what_is_folded_and_no_dark_ground(chromium: Browser, tmp_path: Path) -> None:
    with shown(chromium, PAGES["check"](), tmp_path, SCREEN, "dark") as page:
        assert page.page.pdf(format="A4").startswith(b"%PDF-")
        page.page.emulate_media(media="print")
        assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.value("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        hidden = (
            "[...document.querySelectorAll('.wire')].filter(it => it.getBoundingClientRect().height < 20)"
        )
        assert page.value(f"{hidden}.length") == 0
        assert page.value("document.querySelectorAll('.wire').length") > 0


def test_the_picture_of_the_run_is_named_and_has_a_table(chromium: Browser, tmp_path: Path) -> None:
    with shown(chromium, PAGES["check"](), tmp_path) as page:
        picture = page.page.get_by_role("img", name="When the run did what")
        assert picture.count() == 1
        bars = page.value("document.querySelectorAll('svg.timeline rect').length")
        section = "document.querySelector('svg.timeline').closest('section')"
        count = f"{section}.querySelectorAll('tbody tr').length"
        assert page.value(count) == bars > 10
        inside = "[...document.querySelectorAll('svg.timeline rect, svg.timeline .axis')].filter(it => {"
        inside += "const own = it.getBoundingClientRect(), all = it.ownerSVGElement.getBoundingClientRect();"
        inside += "return own.left < all.left - 2 || own.right > all.right + 2}).length"
        assert page.value(inside) == 0
