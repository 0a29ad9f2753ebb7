"""Extracts replies and stages from the text of a mail program (RFC 5321 section 4.2)."""

from __future__ import annotations

from functools import lru_cache

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Relay
from probe.reading.reply.octets import characters

# How programs name the command that a reply answers; compared in capitals.
_COMMANDS = {
    "CONNECT": Stage.GREETING,
    "INITIAL CONNECTION": Stage.GREETING,
    "INITIAL SERVER GREETING": Stage.GREETING,
    "BANNER": Stage.GREETING,
    "GREETING": Stage.GREETING,
    "EHLO": Stage.EHLO,
    "HELO": Stage.EHLO,
    "LHLO": Stage.EHLO,
    "EHLO HANDSHAKE": Stage.EHLO,
    "HELO HANDSHAKE": Stage.EHLO,
    "LHLO HANDSHAKE": Stage.EHLO,
    "STARTTLS": Stage.STARTTLS,
    "MAIL FROM": Stage.MAIL,
    "MAIL": Stage.MAIL,
    "RCPT TO": Stage.RCPT,
    "RCPT": Stage.RCPT,
    "DATA": Stage.DATA,
    "DATA COMMAND": Stage.DATA,
    "BDAT": Stage.DATA,
    "END OF DATA": Stage.END_OF_DATA,
    "END-OF-MESSAGE": Stage.END_OF_DATA,
    "END-OF-DATA": Stage.END_OF_DATA,
    "MESSAGE BODY": Stage.END_OF_DATA,
    "FINAL DATA": Stage.END_OF_DATA,
    "DOT": Stage.END_OF_DATA,
    "RSET": Stage.RSET,
    "QUIT": Stage.QUIT,
}
_RELAY = regex(r"(?P<host>[^\[\s]*+)\s?(?:\[(?P<ip>[^\]]*+)\])?(?::(?P<port>\d{1,5}))?")

RELAYS = 4096  # that are remembered


@lru_cache(maxsize=256)
def stage_of(command: str) -> Stage | None:
    """The stage that a command, or a program's name for it, belongs to; None for any other."""
    return _COMMANDS.get(" ".join(command.upper().split()))


def reply_of_lines(text: str) -> str:
    """A reply whose lines were joined by blanks, with its lines apart again.

    Only after a line with `550-` is there another one; a number inside the last line separates nothing.
    """
    if text[3:4] != "-" or not text[:3].isdecimal():
        return text
    code = text[:3]
    lines, begin = [], 0
    at = text.find(code, 4) if code[0] in "245" else -1
    while at >= 0:
        if text[at - 1].isspace() and (end := text[at + 3 : at + 4]) in ("-", " "):
            lines.append(text[begin : at - 1])
            begin = at
            if end == " ":
                break
        at = text.find(code, at + 1)
    return "\n".join([*lines, text[begin:]])


def relay_of(text: str) -> Relay | None:
    """`host[ip]:port`, as far as present; None for nothing and for `none`."""
    match = _RELAY.fullmatch(text.strip())
    if match is None or text in ("", "none"):
        return None
    port = int(match["port"]) if match["port"] else None
    return Relay(match["host"] or None, match["ip"] or None, port)


class Relays(dict[str, Relay | None]):
    """A cache of next hops, of which there are few."""

    def __missing__(self, text: str) -> Relay | None:
        if len(self) >= RELAYS:
            self.clear()
        relay = self[text] = relay_of(text)
        return relay


def unescape(text: str) -> str:
    r"""Decode line ends written as `\n` and octets beyond ASCII written as `\303`."""
    if "\\" not in text:
        return text
    return characters(text.replace("\\n", "\n").replace("\\t", "\t"))


_REPLY = regex(r"[245]\d\d(?:[ -]|$)")


def is_reply(text: str) -> bool:
    """Whether a text begins as a reply does, with its code (RFC 5321 section 4.2)."""
    return _REPLY.match(text) is not None
