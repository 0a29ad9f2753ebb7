"""sendmail: `from=` and `to=` lines, rulesets and milters that refused, and messages that were too old.

`stat=` is sendmail's verdict, `reply=` (8.16 and later) the server's first line, shortened in its middle when
it is long. Without a reply, sendmail writes its own text into `reply=`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.reader import FramedReader
from probe.reading.log.words import is_reply, unescape

_ID = regex(r"([0-9A-Za-z]{8,20}): ")  # 8.9 has three letters and the process id
_FROM = regex(r"from=(.{0,1024}?), (?:size|class)=", re.DOTALL)
_MSGID = regex(r", msgid=(\S+?)(?:, |$)")
_TO = regex(
    r"to=(?P<to>.*?), (?:ctladdr=(?P<ctl>.*?), )?delay=(?P<delay>[\d+:]+)(?:, xdelay=[\d+:]+)?"
    r"(?:, mailer=(?P<mailer>[^,]*+))?(?:, pri=\d+)?(?:, relay=(?P<relay>\S*(?: \[[^\]]*\])?))?"
    r"(?:, dsn=(?P<dsn>\d\.\d{1,3}\.\d{1,3}))?(?:, (?P<rest>(?:quarantine|reply|stat)=.*))?$",
    re.DOTALL,
)
_RELAY = regex(r"([^\s\[]*) ?(?:\[([^\]]*)\])?")
_DSN = regex(
    r"([0-9A-Za-z]{8,20}): (?:DSN|sender notify|postmaster notify|return to sender): (.*)", re.DOTALL
)
_RULESET = regex(r"ruleset=(\w+), (?:arg1=)?")
_VERDICT = regex(r", (reject|discard|quarantine)=")
_MILTER = regex(
    r"Milter(?: \([^)]*\))?: (?:(?P<what>connect|helo|from|to|data|header|body|eom|eoh)=?(?P<value>.*?), )?"
    r"(?P<verb>reject|discard|tempfail)(?:=(?P<reply>.*))?",
    re.DOTALL,
)
_STARTTLS = regex(r"STARTTLS=client, relay=(\S+?)\.?, version=(\S+), verify=(\S+), cipher=([^,\s]+)")
_DELAY = regex(r"(?:(\d{1,6})\+)?(\d{1,6}):(\d\d):(\d\d)")
_RULESETS = {
    "check_relay": Stage.GREETING,
    "check_mail": Stage.MAIL,
    "check_rcpt": Stage.RCPT,
    "check_data": Stage.DATA,
    "check_eom": Stage.END_OF_DATA,
    "check_eoh": Stage.END_OF_DATA,
    "check_compat": None,
}
_VERDICTS = {"reject": Status.REJECTED, "discard": Status.DISCARDED, "quarantine": Status.HELD}
_MILTERS = {
    "connect": Stage.GREETING,
    "helo": Stage.EHLO,
    "from": Stage.MAIL,
    "to": Stage.RCPT,
    "data": Stage.DATA,
}
# Verdicts without a reason, and the statuses that tell one: DNS, the connection, a null MX (RFC 7505).
_VAGUE = ("Deferred", "queued", "Service unavailable")
_TELLS_MORE = regex(r"4\.4\.|5\.1\.10$")
_OUTGOING = ("tls_server", "tls_rcpt", "try_tls")  # rulesets that judge the server that was called
# The text that sendmail writes into reply= without a reply.
_INVENTED = regex(
    r"421 4\.4\.[012] (?:Connection (?:reset|closed|timed out)|Timeout|Lost)"
    r"|421 4\.4\.\d .*(?:reset by|timed out with|closed by) "
)
_HANDSHAKE = regex(r"4(?:03|54) 4\.7\.0 TLS handshake failed")  # sendmail's own, however it looks


class SendmailReader(FramedReader):
    """Reads the syslog lines of sendmail, sm-mta and sm-msp-queue."""

    def matters(self, data: bytes) -> bool:
        return (
            b": to=" in data
            or b": from=" in data
            or b": DSN: " in data
            or b"notify: " in data
            or b"return to sender: " in data
            or b": ruleset=" in data
            or b": Milter" in data
            or b"STARTTLS=client" in data
            or b": quarantine=" in data
            or b": unquarantine" in data
        )

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        id_match = _ID.match(text)
        if text.startswith(("ruleset=", "NOQUEUE: ")):  # before there was a message
            return self._refusal(None, text.removeprefix("NOQUEUE: "), frame, number)
        if id_match is None:
            tls = _STARTTLS.match(text)
            if tls is not None and frame.pid is not None:
                self.memory.note(("tls", frame.pid), (tls[1].lower(), f"{tls[2]}, {tls[4]}, verify={tls[3]}"))
            return ()
        queue_id, rest = id_match[1], text[id_match.end() :]
        if rest.startswith("from="):
            self._arrival(queue_id, rest)
            return ()
        if rest.startswith("to="):
            match = _TO.match(rest)
            if match is None:
                return self.unread(data, number, "a delivery of sendmail whose fields are not understood")
            return self._attempts(queue_id, match, frame, number)
        if rest.startswith(("quarantine=", "unquarantine")):  # with -Q
            status = Status.HELD if rest[0] == "q" else Status.RELEASED
            return self._of_all(queue_id, status, "quarantine", None, frame, number)
        dsn = _DSN.match(rest)
        if dsn is not None:
            self.memory.message(dsn[1]).sender = ""  # of the notice, whose arrival is not logged
            return self._expiry(queue_id, dsn[2], frame, number)
        return self._refusal(queue_id, rest, frame, number)

    def _arrival(self, queue_id: str, rest: str) -> None:
        match = _FROM.match(rest)
        if match is not None:
            message = self.memory.message(queue_id)
            message.sender = _bare(match[1])
            id_match = _MSGID.search(rest)
            message.message_id = id_match[1] if id_match is not None else None

    def _attempts(self, queue_id: str, match: re.Match[str], frame: Frame, number: int) -> Sequence[Record]:
        reply, stat = _reply_and_stat(match["rest"] or "")
        is_waiting = stat == "queued" and reply is None
        if stat is None or (is_waiting and match["dsn"] is None):
            return ()  # not tried
        mailer = match["mailer"]
        status = _status(stat, match["dsn"] or "")
        if status is None:
            return ()  # cut in its last word
        # with a status it was tried, at least in DNS; the reason is only in the queue
        words, is_cut = (None, False) if is_waiting else _words(reply, stat, mailer)
        if reply is None and stat in _VAGUE and _TELLS_MORE.match(match["dsn"] or ""):
            words = Words(Speaker.LOCAL, f"dsn={match['dsn']}, stat={stat}")  # the status alone tells more
        relay = _relay(match["relay"])
        message = self.memory.message_of(queue_id)
        tls = None
        if relay is not None and relay.host is not None and frame.pid is not None:
            note = self.memory.note_of(("tls", frame.pid))
            tls = str(note[1]) if isinstance(note, tuple) and note[0] == relay.host.lower() else None
        events = []
        recipients = _split(match["to"])
        words = words.about(recipients) if words is not None else None
        for recipient in recipients:
            if status is Status.DEFERRED:
                self.memory.defer(queue_id, recipient, words)
            else:
                self.memory.settle(queue_id, recipient)
            events.append(
                Event(
                    self.file,
                    number,
                    Kind.ATTEMPT,
                    status,
                    stat.partition(":")[0].partition(" (")[0],
                    frame.at,
                    mailer,
                    queue_id,
                    message.message_id if message is not None else None,
                    message.sender if message is not None else None,
                    recipient,
                    None,
                    relay,
                    None,
                    match["dsn"],
                    words,
                    delay_s=_seconds(match["delay"]),
                    tls=tls,
                    cut=is_cut,
                )
            )
        return events

    def _expiry(self, queue_id: str, why: str, frame: Frame, number: int) -> Sequence[Record]:
        """`DSN: Cannot send message for 5 days`: recipients that still wait are not tried again. `DSN:` is
        also used for a notice after a refusal (which has its own line) and for a warning."""
        if not why.startswith("Cannot send message"):
            return ()
        words = Words(Speaker.LOCAL, why.strip())
        events = self._of_all(queue_id, Status.EXPIRED, "DSN", words, frame, number)
        self.memory.forget(queue_id)
        return events

    def _of_all(
        self, queue_id: str, status: Status, word: str, words: Words | None, frame: Frame, number: int
    ) -> Sequence[Record]:
        """An event of a complete message, for each recipient known to wait."""
        message = self.memory.message_of(queue_id)
        recipients: list[tuple[str | None, Words | None]] = [(None, None)]
        if message is not None and message.deferrals:
            recipients = list(message.deferrals.items())
        about = (message.message_id, message.sender) if message is not None else (None, None)
        head = (self.file, number, Kind.QUEUE, status, word, frame.at, frame.program, queue_id)
        return [
            Event(*head, *about, recipient, words=words, earlier=earlier) for recipient, earlier in recipients
        ]

    def _refusal(self, queue_id: str | None, rest: str, frame: Frame, number: int) -> Sequence[Record]:
        ruleset = _RULESET.match(rest)
        milter = _MILTER.match(rest) if ruleset is None else None
        if ruleset is not None:
            if ruleset[1] in _OUTGOING:
                return ()  # the recipients' own lines follow
            stage, word = _RULESETS.get(ruleset[1]), ruleset[1]
            argument, _, behind = rest[ruleset.end() :].partition(", relay=")
            verdict = _VERDICT.search(behind)
            if verdict is None:
                return ()
            status = _VERDICTS[verdict[1]]
            relay, reply = behind[: verdict.start()], behind[verdict.end() :]
        elif milter is not None:
            stage, word = _MILTERS.get(milter["what"] or "", Stage.END_OF_DATA), f"Milter {milter['verb']}"
            argument, reply, relay = milter["value"] or "", milter["reply"] or milter["verb"], ""
            status = Status.DISCARDED if milter["verb"] == "discard" else Status.REJECTED
        else:
            return ()
        message = self.memory.message_of(queue_id) if queue_id is not None else None
        address = _bare(argument or "")
        return (
            Event(
                self.file,
                number,
                Kind.REFUSAL,
                status,
                word,
                frame.at,
                frame.program,
                queue_id,
                sender=address if stage is Stage.MAIL else message.sender if message is not None else None,
                recipient=address if stage is Stage.RCPT else None,
                words=Words(Speaker.LOCAL, unescape(reply.strip()), stage),
                client=_relay(relay),
            ),
        )


def _reply_and_stat(rest: str) -> tuple[str | None, str | None]:
    """`reply=...` ends at the last `, stat=`: a reply may hold commas."""
    if rest.startswith("quarantine="):
        rest = rest.partition(", ")[2]
    if rest.startswith("reply="):
        reply, separator, stat = rest[6:].rpartition(", stat=")
        return (reply, stat) if separator else (rest[6:], None)
    return None, rest[5:] if rest.startswith("stat=") else None


def _status(stat: str, dsn: str) -> Status | None:
    """By sendmail's verdict; where it is none of the known words, by the class of its own status: None for a
    delivery of which the verdict does not tell."""
    if stat.startswith("Sent"):
        return Status.SENT
    if stat.startswith(("Deferred", "queued")):
        return Status.DEFERRED
    if stat.startswith(("Message quarantined", "quarantined")):
        return Status.HELD
    if stat.startswith("expanded"):
        return Status.EXPANDED
    return {"2": None, "4": Status.DEFERRED}.get(dsn[:1], Status.BOUNCED)


def _words(reply: str | None, stat: str, mailer: str | None) -> tuple[Words, bool]:
    """The words, and whether they are incomplete."""
    is_remote = mailer in ("esmtp", "smtp", "relay", "dsmtp", "smtp8", "lmtp", None) or "smtp" in mailer
    if reply and is_remote and not _INVENTED.match(reply):
        is_cut = "..." in reply and len(reply) > 180
        return Words(Speaker.REMOTE, unescape(reply), cut=is_cut), False
    if reply and not is_remote:
        return Words(Speaker.PROGRAM if mailer == "prog" else Speaker.LOCAL, unescape(reply)), False
    if stat.startswith("Sent (") and is_remote:
        text = stat[6:].removesuffix(")")  # the code is lost
        return Words(Speaker.REMOTE, unescape(text), Stage.END_OF_DATA), not stat.endswith(")")
    words = stat.partition(": ")[2] if stat.startswith("Deferred: ") else stat
    if reply is None and _HANDSHAKE.match(words):
        return Words(Speaker.LOCAL, words[10:], Stage.STARTTLS), False
    if reply is None and is_remote and is_reply(words):  # before 8.16 there is no reply=
        return Words(Speaker.REMOTE, unescape(words), cut=True), False
    if reply:
        words = reply.partition(" ")[2].partition(" ")[2] or words
    return Words(Speaker.LOCAL, unescape(words), _own_stage(words)), False


def _own_stage(text: str) -> Stage | None:
    if text.startswith(("Host unknown", "Name server")) or "host not found" in text:
        return Stage.DNS
    if text.startswith(("Connection refused", "No route to host", "Network is unreachable", "Host is down")):
        return Stage.CONNECT
    return None


def _relay(text: str | None) -> Relay | None:
    match = _RELAY.fullmatch(text.strip()) if text else None
    if match is None or not (match[1] or match[2]):
        return None
    ip = match[2].removeprefix("IPv6:") if match[2] else None
    return Relay(match[1].rstrip(".") or None, ip)


def _split(text: str) -> list[str]:
    """Recipients of one attempt, separated by commas outside quotes."""
    parts = re.findall(r"(?>\"(?:[^\"\\]|\\.)*+\"|[^,\"])+", text) or [text]
    return [_bare(part) for part in parts]


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1] if text[:1] == "<" and text[-1:] == ">" else text


def _seconds(text: str) -> float | None:
    match = _DELAY.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part) if part else 0 for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
