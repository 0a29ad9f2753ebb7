"""Bounces of any number, the same at every call: what the benchmark of `bounce` reads.

They are the messages of fixtures/bounces (notices of Postfix, Exim, Sendmail, qmail, Exchange, Google and
many more, as delivery status notifications, as free text, forwarded and damaged) with other mailbox names in
each copy.
"""

from __future__ import annotations

import re
from pathlib import Path

_FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "bounces"
_MAILBOX = re.compile(rb"(?<=[<\s:;])[\w.+-]{2,40}(?=@[\w-]+\.[\w.-]+)")


def write(folder: Path, number: int) -> list[Path]:
    """So many messages, each a file in the folder."""
    texts = [path.read_bytes() for path in sorted(_FIXTURES.glob("*.eml"))]
    files: list[Path] = []
    for place in range(number):
        copy, index = divmod(place, len(texts))
        file = folder / f"{place:05}.eml"
        file.write_bytes(_varied(texts[index], copy))
        files.append(file)
    return files


def _varied(text: bytes, copy: int) -> bytes:
    """The message about other mailboxes: each name gets the number of the copy."""
    return _MAILBOX.sub(lambda match: b"%b%d" % (match.group(), copy), text) if copy else text
