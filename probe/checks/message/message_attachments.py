"""Are there attachments that receivers refuse?

Looks at the names of the attachments for kinds that the large providers always block: programs, scripts,
installers, disk images, and Office files with macros.

What to do: send a link to the file instead; an archive around it does not help, archives are opened.
Source: Google Workspace help, "File types blocked in Gmail"; Microsoft support, "Blocked attachments in
Outlook".
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.reading.message.words import refused_attachments

ID = "message-attachments"
STEP = 5
say = Voice(ID, STEP, ("Google Workspace help: File types blocked in Gmail",))

_MACROS = (".docm", ".dotm", ".xlsm", ".xltm", ".xlam", ".pptm", ".potm", ".ppam", ".sldm")


def check(facts: Facts) -> Iterator[Finding]:
    """An error for blocked kinds (the message is refused for them), a warning for macros."""
    message = facts.message
    if message is None:
        return
    attachments = refused_attachments(message.attachments)
    macros = [name for name in message.attachments if name.lower().rstrip(". ").endswith(_MACROS)]
    if attachments:
        yield say("attachments-blocked", ("message",), names=attachments)
    if macros:
        yield say("attachments-with-macros", ("message",), names=macros)
    if not message.attachments:
        yield say("message-without-attachments", ("message",))
    elif not attachments and not macros:
        yield say("attachments-not-blocked", ("message",), count=len(message.attachments))
