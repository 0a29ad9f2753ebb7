"""The configuration file of a mail server none of whose tools prints all of it."""

from __future__ import annotations

from probe.model.local_tool import FileCall, Inquiry
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import NoSenderMta


def read_configuration(
    config: str, name: str, usual: tuple[str, ...]
) -> Inquiry[tuple[str, str] | NoSenderMta]:
    """(path, text) of the file: `config` itself or `name` in it, where it is not empty, else the first of the
    `usual` places where there is one."""
    places = (config, f"{config}/{name}") if config else usual
    files = yield tuple(FileCall(place) for place in places)
    place, file = next(
        ((at, it) for at, it in zip(places, files, strict=True) if not it.is_absent), ("", None)
    )
    if file is None:
        return NoSenderMta(MtaWhy(MtaReason.NO_FILE, places[0]))
    if not file.is_usable:
        return NoSenderMta(MtaWhy(MtaReason.NO_ANSWER, failure=file.why))
    return place, file.text
