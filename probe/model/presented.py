"""A result for people who use Python: as text, Markdown, HTML, JSON, and a notebook cell.

The writers are in a higher part; they are named here, not imported, as in the table of formats.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

_WIDTH = 100  # columns, as of a report in a file


class Presented:
    """A result that `smtp-probe` reports. All output is escaped and safe to show."""

    __slots__ = ()
    _kind: ClassVar[str]

    def to_text(self, *, width: int = _WIDTH, verbosity: int = 0) -> str:
        """The text report in lines of `width` columns. `verbosity`: -1 as with -q, 0, or 1 as with -v."""
        return self._written("text", width=width, verbosity=verbosity)

    def to_markdown(self) -> str:
        """The report in Markdown, as for a ticket."""
        return self._written("markdown")

    def to_html(self) -> str:
        """The report as one page for a browser: no script, nothing from elsewhere."""
        return self._written("html")

    def to_json(self) -> str:
        """One JSON object, as of `--format json`; that of a run satisfies `smtp-probe schema report`."""
        return self._written("json")

    def _repr_markdown_(self) -> str:
        """What a notebook (Jupyter) shows."""
        return self.to_markdown()

    def _written(self, form: str, **style: Any) -> str:
        formats, styles = import_module("probe.report.formats"), import_module("probe.report.style")
        kind = formats.Kind(self._kind)
        text: str = formats.formats_of(kind)[form].write(kind, self, styles.Style(**style))
        return text
