"""Transcripts of SMTP sessions in bounces: Sendmail, Courier, MDaemon, InterScan and their kin.

Sendmail writes `>>> command` and `<<< reply`, `... while talking to host:` before them; InterScan turns
the arrows round, MDaemon writes `-->` and `<--` behind a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from probe.model.reply import Stage
from probe.standards.dsn.address import mailbox

_TALKING = re.compile(r"while talking (?:to|with) (\S{1,255}?)[.:]*\s*$", re.IGNORECASE)
_SAID = re.compile(r"^.{0,60}?(?:<<<|<--)\s?(?P<text>.*)$")
_ASKED = re.compile(r"^.{0,60}?(?:>>>|-->)\s?(?P<text>.*)$")
_TURNED = re.compile(r"^\s*Sent\s+<<<\s?(?P<sent>.*)$|^\s*Received\s+>>>\s?(?P<received>.*)$", re.IGNORECASE)
_LOCAL = re.compile(r"^(?P<text>[45]\d\d[ -].{0,20}?<?(?P<who>[^\s<>()]{1,320}?)>?\.\.\. .*)$")
# MDaemon prints the dialogue without arrows, between these lines
_BARE_BEGINS = re.compile(r"^-+ ?session transcript", re.IGNORECASE)
_BARE_ENDS = re.compile(r"^-+ ?end (?:of )?transcript", re.IGNORECASE)
_BARE_COMMAND = re.compile(r"(?:[EHL]{2}LO|MAIL FROM|RCPT TO|DATA|STARTTLS|QUIT|RSET)\b.*", re.IGNORECASE)
_CODED = re.compile(r"[2-5]\d\d[ -]")
_BARE_REPLY = re.compile(r"[2-5]\d\d(?:[ -]|$).*")
_STAGES = (
    ("rcpt", Stage.RCPT),
    ("mail", Stage.MAIL),
    ("data", Stage.DATA),
    ("ehlo", Stage.EHLO),
    ("helo", Stage.EHLO),
    ("lhlo", Stage.EHLO),
    ("starttls", Stage.STARTTLS),
    (".", Stage.END_OF_DATA),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One 4yz or 5yz of a transcript: what it answered, where, and its lines joined by one space.

    `address` is the one of RCPT TO, else empty. `is_remote` is false for what the sending server adds
    below the dialogue (`550 5.1.1 <user>... User unknown`).
    """

    reply: str
    stage: Stage | None
    address: str
    host: str
    is_remote: bool


def read_transcript(text: str) -> tuple[Refusal, ...]:
    """All refusals, in order.

    What the sending server adds of a recipient right below a refusal of the whole transaction tells
    whom that refusal hit.
    """
    found: list[Refusal] = []
    shared: Refusal | None = None  # the last refusal, as long as it named no recipient
    host, stage, address = "", None, ""
    lines: list[str] = []
    is_bare = False

    def close() -> None:
        nonlocal shared
        if lines:
            found.append(Refusal(" ".join(lines), stage, address, host, True))
            shared = None if address else found[-1]
            lines.clear()

    for raw in text.split("\n"):
        line = raw.strip()
        talking = _TALKING.search(line)
        is_bare = (is_bare or bool(_BARE_BEGINS.match(line))) and not _BARE_ENDS.match(line)
        sent, received = _bare(line) if is_bare else _arrow(line)
        if received is not None:
            if lines and not re.match(r"[245]\d\d-", lines[-1]):
                close()
            if lines or re.match(r"[45]\d\d(?:[ -]|$)", received):
                lines.append(received)
            continue
        close()
        if talking:
            host, stage, address = talking.group(1).strip("[]"), Stage.GREETING, ""
        elif sent is not None:
            stage = _stage(sent) or stage
            address = mailbox(sent) if stage is Stage.RCPT else ""
        elif local := _LOCAL.match(line):
            who = mailbox(local["who"]) or local["who"]
            own = Refusal(local["text"], None, who, host, False)
            found.append(replace(shared, address=who) if shared and "@" in who else own)
        elif _CODED.match(line):
            shared = None  # about something else
        if talking or sent is not None:
            shared = None
    close()
    return tuple(found)


def _arrow(line: str) -> tuple[str | None, str | None]:
    """(command sent, reply received); both None for other lines."""
    turned = _TURNED.match(line)
    if turned:
        return turned["sent"], turned["received"]
    said = _SAID.match(line)
    if said:
        return None, said["text"].strip()
    asked = _ASKED.match(line)
    return (asked["text"].strip(), None) if asked else (None, None)


def _bare(line: str) -> tuple[str | None, str | None]:
    """The same where no arrows tell who speaks: by the look of the line, behind whatever time it bears."""
    sent, received = _arrow(line)
    if sent is None and received is None:
        if _BARE_COMMAND.match(line):
            return line, None
        if _BARE_REPLY.match(line):
            return None, line
    return sent, received


def _stage(command: str) -> Stage | None:
    lowered = command.lower().strip()
    return next((stage for verb, stage in _STAGES if lowered.startswith(verb)), None)
