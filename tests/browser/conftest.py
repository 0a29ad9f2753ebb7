"""A real Chromium: that of the system, driven by Playwright. It downloads nothing, and reaches nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(
    scope="module"
)  # Playwright keeps an event loop running, which asynchronous tests do not bear
def chromium() -> Iterator[Browser]:
    """The browser; without it tests skip, unless PROBE_LAB is `required`."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None or find_spec("playwright") is None:
        say = pytest.fail if os.environ.get("PROBE_LAB") == "required" else pytest.skip
        say("no Chromium: it is Debian's package chromium, and playwright is in smtp-probe[test]")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # CI runs as root, and has little shared memory
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()
