"""The style of a page: one sheet, `page.css`, for light and dark screens of any width and for paper.

Nothing is fetched: the fonts are those of the reader's system. Colour never tells anything alone.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path


@cache
def sheet() -> str:
    """The style sheet."""
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


@cache
def policy() -> str:
    """The Content-Security-Policy of a page (CSP level 3, section 2.3.1): nothing is loaded, and no style
    applies but the sheet."""
    digest = base64.b64encode(hashlib.sha256(sheet().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
