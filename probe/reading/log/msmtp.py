"""msmtp: one line for each message, `key=value`, values with blanks between single quotes.

A quote inside a value is written as `?`, a line end as `\\n`. All recipients share the line: the first that
the server refuses ends it for all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.memory import RECIPIENTS
from probe.reading.log.reader import FramedReader
from probe.reading.log.words import unescape

_STAMP = re.compile(r"(?P<at>(?:[A-Z][a-z]{2} [ \d]\d|\d{4}-\d\d-\d\d)[ T][\d:]{8}\S*) (?=host=)")
_FIELD = re.compile(r"(\w+)=(?:'([^']*)('?)|(\S*))")
_STAGES = (
    ("cannot get initial OK message", Stage.GREETING),
    ("SMTP server does not accept EHLO", Stage.EHLO),
    ("envelope from address ", Stage.MAIL),
    ("recipient address ", Stage.RCPT),
    ("the server does not accept mail data", Stage.DATA),
    ("the server did not accept the mail", Stage.END_OF_DATA),
    ("command STARTTLS failed", Stage.STARTTLS),
    ("TLS certificate verification failed", Stage.STARTTLS),
    ("TLS handshake failed", Stage.STARTTLS),
    ("cannot connect to ", Stage.CONNECT),
    ("cannot locate host ", Stage.DNS),
)
# sysexits(3): codes after which a caller may try again; msmtp has no queue
_TEMPORARY = {"EX_TEMPFAIL", "EX_UNAVAILABLE", "EX_IOERR", "EX_NOHOST", "EX_OSERR"}
_CODES = _TEMPORARY | {
    *("EX_OK", "EX_USAGE", "EX_DATAERR", "EX_NOINPUT", "EX_NOUSER", "EX_SOFTWARE", "EX_OSFILE"),
    *("EX_CANTCREAT", "EX_PROTOCOL", "EX_NOPERM", "EX_CONFIG"),
}


class MsmtpReader(FramedReader):
    """Reads msmtp's logfile, or the same line in syslog."""

    def matters(self, data: bytes) -> bool:
        return b"recipients=" in data and b"host=" in data

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        at = frame.at
        stamp = _STAMP.match(text)
        if stamp is not None:
            at, text = self.clock.stamp(stamp["at"]), text[stamp.end() :]
        if not text.startswith("host="):
            return ()
        fields: dict[str, str] = {}
        is_cut = False
        for name, inner, quote, plain in _FIELD.findall(text):
            fields.setdefault(name, unescape(inner) if inner or quote else plain)
            is_cut = is_cut or bool(inner and not quote)
        exit_code = fields.get("exitcode", "")
        recipients = [part for part in fields.get("recipients", "").split(",") if part][:RECIPIENTS]
        is_known = exit_code in _CODES  # and not the beginning of one
        is_refused = not is_known and fields.get("smtpstatus", "")[:1] in ("4", "5")
        if not recipients or not (is_known or is_refused):  # what came of it is not known
            return self.unread(data, number, "a line of msmtp without recipients or exit code")
        problem, reply = fields.get("errormsg", ""), fields.get("smtpmsg", "")
        stage = next((stage for begin, stage in _STAGES if problem.startswith(begin)), None)
        status = _status(exit_code, fields.get("smtpstatus", ""))
        words: Words | None = None
        if reply:
            words = Words(
                Speaker.REMOTE, reply, Stage.END_OF_DATA if status is Status.SENT else stage, is_cut
            )
        elif problem:
            words = Words(Speaker.PROGRAM, problem.strip(), stage, is_cut)
        relay = Relay(fields.get("host"), None, _port(fields.get("port", "")))
        words = words.about(recipients) if words is not None else None
        named = words.named() if words is not None else frozenset()
        # one recipient is refused, and msmtp sends the message to none of them
        own_words = Words(
            Speaker.PROGRAM, problem.strip(), stage, is_cut, words.recipients if words is not None else ()
        )
        return [
            Event(
                self.file,
                number,
                Kind.ATTEMPT,
                status,
                exit_code,
                at,
                "msmtp",
                sender=fields.get("from"),
                recipient=recipient,
                relay=relay,
                words=own_words if named and recipient not in named else words,
                cut=is_cut,
                tls=fields.get("tls"),
            )
            for recipient in recipients
        ]


def _status(exit_code: str, code: str) -> Status:
    if exit_code == "EX_OK":
        return Status.SENT
    if code[:1] in ("4", "5"):
        return Status.DEFERRED if code[0] == "4" else Status.BOUNCED
    return Status.DEFERRED if exit_code in _TEMPORARY else Status.BOUNCED


def _port(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 6 else None
