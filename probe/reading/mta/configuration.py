"""The configuration file of a mail server none of whose tools prints all of it."""

from __future__ import annotations

from probe.model.local_tool import FileCall, Inquiry, ToolReason
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import NoSenderMta


def read_configuration(
    config: str, name: str, usual: tuple[str, ...]
) -> Inquiry[tuple[str, str] | NoSenderMta]:
    """(path, text) of the file: `config` itself or `name` in it, where it is not empty, else the first of the
    `usual` places that can be read."""
    places = (config, f"{config}/{name}") if config else usual
    files = yield tuple(FileCall(place) for place in places)
    unread = next((it.why for it in files if it.why.tag is ToolReason.LATE), None)
    if unread is not None:
        return NoSenderMta(MtaWhy(MtaReason.NO_ANSWER, failure=unread))
    readable = ((at, it.text) for at, it in zip(places, files, strict=True) if it.is_usable)
    return next(readable, NoSenderMta(MtaWhy(MtaReason.NO_FILE, places[0])))
