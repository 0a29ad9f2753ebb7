"""Reads any header section with the email package: broken, very long, with parameters as in RFC 2231."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import TypeAlias

from probe.model.declared import HARMLESS, fit_for_parsing
from probe.reading.bounce.header import NOTHING, Header

_Headers: TypeAlias = "Message[str, str]"  # a class that takes parameters only from Python 3.13 on


def read_odd_header(head: bytes) -> Header:
    """As `read_header`, which reads ordinary sections faster."""
    try:
        headers: _Headers = BytesHeaderParser(policy=compat32).parsebytes(fit_for_parsing(head))
        content_type = headers.get_content_type().lower()
        parameters = tuple((str(name).lower(), _flat(value)) for name, value in headers.get_params([])[1:60])
        is_attached = headers.get_content_disposition() == "attachment"
        fields: dict[str, list[str]] = {}
        for name, value in headers.raw_items():
            fields.setdefault(str(name).lower(), []).append(str(value))
    except HARMLESS:
        return NOTHING
    return Header(fields, content_type, parameters, is_attached)


def _flat(value: object) -> str:
    """A parameter: plain, or the triple that RFC 2231 makes of it."""
    text = value[2] if isinstance(value, tuple) else value
    return str(text)
