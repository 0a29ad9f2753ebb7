"""OpenSMTPD: `mta delivery` and `mda delivery` lines, the sessions that came to nothing, and its refusals.

Of the reply only the first line keeps its code; how later lines are joined depends on the stage, so they are
left unchanged. The stage of a refused delivery is not logged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.exim_words import duration
from probe.reading.log.frames import Frame
from probe.reading.log.reader import FramedReader
from probe.reading.log.words import is_reply, stage_of

_ADDRESS = r"<((?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>"
_DELIVERY = regex(
    rf"(?:([0-9a-f]{{16}}) )?(mta|mda|bounce) (?:event=)?delivery evpid=([0-9a-f]{{16}}) from={_ADDRESS} "
    rf"to={_ADDRESS} (?:rcpt={_ADDRESS} )?(.*?)delay=(\S+) result=\"?(\w+)\"? stat=(.*)",
    re.DOTALL,
)
_QUEUE = regex(
    rf"\w+: (Expire|Remove) for ([0-9a-f]{{16}}): from={_ADDRESS}, to={_ADDRESS}, "
    r".*?\bdelay=(\S+), stat=(.*)",
    re.DOTALL,
)
_FIELD = regex(r"(\w+)=(?:\"([^\"]*)\"|(\S+))")
_CONNECTING = regex(r"([0-9a-f]{16}) mta connecting address=\w+(?:\+\w+)?://(\S+?)(?::(\d+))? host=(\S+)")
_ERROR = regex(r"([0-9a-f]{16}) mta error reason=(.*)", re.DOTALL)
_TLS = regex(r"([0-9a-f]{16}) mta tls ciphers=(\S+)")
_CLIENT = regex(r"([0-9a-f]{16}) smtp connected address=(\S+) host=(\S+)")
_REFUSED = regex(r"([0-9a-f]{16}) smtp failed-command command=\"(.*?)\" result=\"(.*)\"", re.DOTALL)
_REJECTED = regex(r"([A-Z]+) rejected: ")
_RELAY = regex(r"(\S+) \(([^)]*)\)")
_FORWARD = re.compile(rf"(?:TO|FROM): ?{_ADDRESS}", re.IGNORECASE)
_STATUS = {
    "Ok": Status.SENT,
    "Delivered": Status.SENT,
    "TempFail": Status.DEFERRED,
    "PermFail": Status.BOUNCED,
    "Loop": Status.BOUNCED,
}
# Without a session of its own: the error was logged for the sessions before.
_NO_SESSION = ("Network error on destination MXs", "No valid route to destination MXs")
_OWN_STAGES = (
    ("Domain does not exist", Stage.DNS),
    ("No MX found for domain", Stage.DNS),
    ("Temporary failure in MX lookup", Stage.DNS),
    ("Could not retrieve source address", Stage.CONNECT),
    ("IO Error: Connection", Stage.CONNECT),
    ("Network error on destination MXs", Stage.CONNECT),
)


class OpenSmtpdReader(FramedReader):
    """Reads what smtpd writes to syslog, or to standard output with -d."""

    def matters(self, data: bytes) -> bool:
        return (
            b"delivery evpid=" in data
            or b" mta " in data
            or b": Expire for " in data
            or b": Remove for " in data
            or b"failed-command" in data
            or b" smtp connected" in data
        )

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        if "delivery evpid=" in text:
            match = _DELIVERY.match(text)
            if match is None or match[9] not in _STATUS:
                return self.unread(data, number, "a delivery of OpenSMTPD whose fields are not understood")
            return (self._attempt(match, frame, number),)
        if ": Expire for " in text or ": Remove for " in text:
            match = _QUEUE.match(text)
            return (self._end(match, frame, number),) if match is not None else ()
        if " failed-command " in text:
            return self._refusal(text, frame, number)
        connection = _CONNECTING.match(text)
        if connection is not None:
            session, address, port, host = connection.groups()
            number_of_port = int(port) if port and len(port) < 6 else None
            self.memory.note(("session", session), Relay(host, address.strip("[]"), number_of_port))
            return ()
        error = _ERROR.match(text)
        if error is not None:
            relay = self.memory.note_of(("session", error[1]))
            if isinstance(relay, Relay) and relay.host is not None:
                for domain in _domains(relay.host):
                    self.memory.note(("error", domain), (_words(error[2]), relay))
            return ()
        tls = _TLS.match(text)
        if tls is not None:
            self.memory.note(("tls", tls[1]), tls[2])
            return ()
        client = _CLIENT.match(text)
        if client is not None:
            ip = None if client[2] == "local" else client[2].strip("[]")
            self.memory.note(("client", client[1]), Relay(client[3], ip))
        return ()

    def _attempt(self, match: re.Match[str], frame: Frame, number: int) -> Event:
        session, agent, evpid, sender, to, rcpt, middle, delay, result, stat = match.groups()
        fields = {name: inner or plain or "" for name, inner, plain in _FIELD.findall(middle)}
        status = _STATUS[result]
        text = stat.strip().removeprefix('"').removesuffix('"')
        words = _words(text) if agent == "mta" else Words(Speaker.LOCAL, text)
        relay = _relay(fields.get("relay", ""))
        earlier = None
        if status is Status.DEFERRED:
            if text in _NO_SESSION:
                earlier, relay = self._sessions_of(fields.get("relay", ""), relay)
            self.memory.defer(evpid, to, earlier or words)
        else:
            self.memory.forget(evpid)
        tls = self.memory.note_of(("tls", session)) if session and agent == "mta" else None
        source = fields.get("source", "-")
        return Event(
            self.file,
            number,
            Kind.ATTEMPT,
            status,
            result,
            frame.at,
            agent,
            evpid,
            None,
            sender,
            to,
            rcpt if rcpt not in (None, "-", to) else None,
            relay,
            None if source == "-" else source,
            None,
            words,
            earlier,
            delay_s=duration(delay),
            tls=str(tls) if tls else None,
            cut=not stat.endswith('"') if stat.startswith('"') else False,
        )

    def _end(self, match: re.Match[str], frame: Frame, number: int) -> Event:
        """The end of what waited too long, or was taken out with `smtpctl remove`: no attempt was made."""
        word, evpid, sender, to, delay, stat = match.groups()
        earlier = self.memory.settle(evpid, to)
        self.memory.forget(evpid)
        return Event(
            self.file,
            number,
            Kind.QUEUE,
            Status.EXPIRED if word == "Expire" else Status.REMOVED,
            word,
            frame.at,
            "smtpd",
            evpid,
            None,
            sender,
            to,
            words=Words(Speaker.LOCAL, stat.strip()),
            earlier=earlier,
            delay_s=duration(delay),
        )

    def _sessions_of(self, domain: str, relay: Relay | None) -> tuple[Words | None, Relay | None]:
        """The end of a session with an MX host below the recipient's domain. (Which MX hosts a domain has is
        not in the log, so for hosts elsewhere it stays unknown.)"""
        note = self.memory.note_of(("error", domain.lower()))
        return note if isinstance(note, tuple) else (None, relay)

    def _refusal(self, text: str, frame: Frame, number: int) -> Sequence[Record]:
        match = _REFUSED.match(text)
        if match is None:
            return ()
        session, command, reply = match.groups()
        address = _FORWARD.search(command)
        verb = command.split(":")[0].strip()
        client = self.memory.note_of(("client", session))
        stage = stage_of(verb) or stage_of(verb.split(" ")[0])
        return (
            Event(
                self.file,
                number,
                Kind.REFUSAL,
                Status.REJECTED,
                "failed-command",
                frame.at,
                "smtp",
                sender=address[1] if address is not None and stage is Stage.MAIL else None,
                recipient=address[1] if address is not None and stage is Stage.RCPT else None,
                words=Words(Speaker.LOCAL, reply, stage),
                client=client if isinstance(client, Relay) else None,
            ),
        )


def _words(text: str) -> Words:
    rejection = _REJECTED.match(text)
    if rejection is not None:  # "BANNER rejected: 554 ...", of a session
        return Words(Speaker.REMOTE, text[rejection.end() :], stage_of(rejection[1]))
    if is_reply(text):
        return Words(Speaker.REMOTE, text)
    return Words(Speaker.LOCAL, text, next((s for begin, s in _OWN_STAGES if text.startswith(begin)), None))


def _domains(host: str) -> Sequence[str]:
    """The host and the domains that it lies in, but for the top-level domain."""
    labels = host.lower().rstrip(".").split(".")[-8:]
    return [".".join(labels[at:]) for at in range(len(labels) - 1)]


def _relay(text: str) -> Relay | None:
    match = _RELAY.fullmatch(text)
    if match is not None:
        return Relay(match[2], match[1].strip("[]"))
    return None  # before a session this field is the recipient's domain
