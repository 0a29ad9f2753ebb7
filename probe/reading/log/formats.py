"""The formats that can be read: one row each, and which of them a file is in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module

from probe._dataclass import dataclass
from probe._regex import regex
from probe.reading.log.frames import unframe
from probe.reading.log.memory import Memory
from probe.reading.log.reader import LINE, Reader
from probe.reading.log.stamps import Clock

SAMPLE = 1_000  # lines to look at; many may be from other programs of the server
_LINE_LIMIT = 16_384  # octets of a line to look at


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    `name` is what --log-format takes. `reader` is `module:class` below this package, imported when it is
    needed. `mark` matches a line of this format, after the frame of a logging system if `framed`; `weight`:
    how much one such line counts (a unique header counts more than one line of many). `extensions` are those
    of its usual files. `is_multiline`: one event may take several lines, so that a file must not be split
    between them.
    """

    name: str
    title: str
    reader: str
    mark: re.Pattern[str]
    framed: bool
    extensions: tuple[str, ...]
    is_multiline: bool = False
    weight: int = 1

    def make(self, memory: Memory | None = None) -> Reader:
        """A new reader, with its own memory if none is given."""
        module, _, name = self.reader.partition(":")
        factory: Callable[[Memory | None], Reader] = getattr(import_module(f"{__package__}.{module}"), name)
        return factory(memory)


def _row(
    name: str,
    title: str,
    reader: str,
    mark: str,
    framed: bool = True,
    extensions: tuple[str, ...] = (".log",),
    is_multiline: bool = False,
    weight: int = 1,
) -> Format:
    return Format(name, title, reader, regex(mark), framed, extensions, is_multiline, weight)


_EXIM_ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{11}-[0-9A-Za-z]{4}|[0-9A-Za-z]{6}-[0-9A-Za-z]{2})"
FORMATS: tuple[Format, ...] = (
    _row(
        "postfix",
        "Postfix",
        "postfix:PostfixReader",
        r"(?:[0-9A-Z]{6,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}z[0-9A-Za-z]{2,12}|NOQUEUE): "
        r"(?:to=<(?!.*, stat=)|from=<.*?>, (?:size=|status=)|message-id=|removed|client=\S+\[|"
        r"(?:milter-)?(?:reject|hold|discard): )"
        r"|[0-9A-Za-z]{5,32}: to=<.*>, relay=.*, delay=[\d.]+, .*status=\w"
        r"|(?:dis)?connect from \S+\[[0-9a-fA-F.:]+\]|CONNECT from \[|statistics: max connection",
        extensions=(".log", ""),
    ),
    _row(
        "exim",
        "Exim main log",
        "exim:EximReader",
        rf"(?:\[\d+\] )?(?:\d{{4}}-\d\d-\d\d \S+ (?:[+-]\d{{4}} )?)?(?:\[\d+\] )?"
        rf"(?:{_EXIM_ID} (?:<=|[=*-]>|>>|==|\*\*|Completed|H=|Message is frozen)"
        r"|(?:Start|End) queue run: pid=\d|H=.{1,200} (?:temporarily )?rejected "
        r"|exim \d\.\d+ daemon started)",
        extensions=("", ".log"),
    ),
    _row(
        "opensmtpd",
        "OpenSMTPD",
        "opensmtpd:OpenSmtpdReader",
        r"(?:[0-9a-f]{16} )?(?:smtp|mta|mda|bounce) (?:event=)?(?:connected|connecting|disconnected|"
        r"message|envelope|delivery|tls|error|failed-command|authentication)\b",
    ),
    _row(
        "sendmail",
        "sendmail",
        "sendmail:SendmailReader",
        r"(?:[0-9A-Za-z]{8,16}: )?ruleset=\w+, "
        r"|[0-9A-Za-z]{8,16}: (?:from=\S.*, size=\d+, class=|to=.*, delay=(?:\d+\+)?\d\d:\d\d:\d\d|Milter|"
        r"[0-9A-Za-z]{8,16}: (?:DSN|sender notify|return to sender): )",
        extensions=(".log", ""),
    ),
    _row(
        "courier",
        "Courier",
        "courier:CourierReader",
        r"(?:newmsg,|started,|completed,)?id=[0-9A-F.]{20,}(?:$|,from=<|:)|courierd?: |error,relay=",
        is_multiline=True,
    ),
    _row(
        "haraka",
        "Haraka (default, logfmt and json logs)",
        "haraka:HarakaReader",
        r"\[[A-Z]+\] \[(?:[0-9A-F-]{36}(?:\.\d+)*|-)\] \[\w|level=[A-Z]+ uuid=|"
        r"\{\"level\":\"[A-Z]+\",\"uuid\":",
        is_multiline=True,
    ),
    _row(
        "kumomta",
        "KumoMTA log records",
        "kumomta:KumoMtaReader",
        r"\{(?=.{0,4000}\"type\":\s?\"(?:Reception|Delivery|Bounce|TransientFailure|Expiration|AdminBounce|OOB"
        r"|Feedback|Rejection|Delayed|XferOut|XferIn)\").{0,8000}\"(?:queue|site|nodeid)\":",
        framed=False,
        extensions=(".json", ".jsonl", ".zst", ""),
        weight=5,
    ),
    _row(
        "powermta",
        "PowerMTA accounting file",
        "powermta:PowerMtaReader",
        r"\ufeff?\"?type\"?,\"?time(?:Logged|Queued)|\ufeff?\"?type\"?,(?=.*\brcpt\b)(?=.*\bdsn)",
        framed=False,
        extensions=(".csv",),
        weight=100,
    ),
    _row(
        "exchange",
        "Exchange message tracking log",
        "exchange:ExchangeReader",
        r"\ufeff?#(?:Log-type: Message Tracking Log|Fields: date-time,client-ip)",
        framed=False,
        extensions=(".log", ".csv"),
        weight=100,
    ),
    _row(
        "exchange-smtp",
        "Exchange SMTP protocol logs",
        "exchange_smtp:ExchangeSmtpReader",
        r"\ufeff?#(?:Log-type: SMTP (?:Send|Receive) Protocol Log|Fields: date-time,connector-id,session-id)",
        framed=False,
        extensions=(".log",),
        is_multiline=True,
        weight=100,
    ),
    _row(
        "ses",
        "Amazon SES events and notifications",
        "ses:SesReader",
        r"\"(?:eventType|notificationType)\\*\"\s?:\s?\\*\"(?:Bounce|Delivery|DeliveryDelay|Reject|Send|Complaint)",
        framed=False,
        extensions=(".json", ".jsonl"),
        is_multiline=True,
        weight=5,
    ),
    _row(
        "sendgrid",
        "SendGrid event webhook",
        "sendgrid:SendGridReader",
        r"\"sg_(?:event|message)_id\"",
        framed=False,
        extensions=(".json", ".jsonl"),
        is_multiline=True,
        weight=5,
    ),
    _row(
        "qmail",
        "qmail-send",
        "qmail:QmailReader",
        r"(?:\d{9,11}\.\d{1,6} )?(?:starting delivery \d+: msg \d+ to (?:local|remote) |"
        r"delivery \d+: (?:success|failure|deferral): |info msg \d+: bytes \d+ from <|end msg \d+\s*$)",
        extensions=(".log", ""),
        is_multiline=True,
    ),
    _row(
        "chasquid",
        "chasquid",
        "chasquid:ChasquidReader",
        r"(?:\d{4}-\d\d-\d\d [\d:.]+ )?(?:[A-Za-z0-9_-]{11} from=\S* (?:queued ip=|to=\S.* (?:sent\s*$|"
        r"failed \((?:temporary|permanent)\): )|completed loop, next in |all done\s*$)|"
        r"\S+:\d{1,5} rejected (?:from=\S* )?(?:to=\[.*\] )?- )",
        extensions=(".log", ""),
        is_multiline=True,
    ),
    _row(
        "maddy",
        "Maddy",
        "maddy:MaddyReader",
        r"(?:\[debug\] )?(?:[\w./-]{1,64}: )?(?:incoming message|RCPT ok|accepted|delivered"
        r"|delivery attempt failed|not delivered, permanent error|will retry)"
        r"(?:\t|#011| +)\{.{0,4000}\"msg_id\":",
        extensions=(".log", ""),
        is_multiline=True,
    ),
    _row(
        "mox",
        "mox",
        "mox:MoxReader",
        r"l=(?:trace|debug|info|warn|error|fatal|print)\w* m=(?:\"|\w)",
        extensions=(".log", ""),
    ),
    _row(
        "stalwart",
        "Stalwart",
        "stalwart:StalwartReader",
        r"(?:\d{4}-\d\d-\d\dT\S{8,30} )?(?:TRACE|DEBUG|INFO|WARN|ERROR) [^()\n]{1,120} \((?:delivery|queue)\."
        r"[a-z-]{1,40}\) .{0,400}queueId = ",
        extensions=(".log", ""),
        is_multiline=True,
    ),
    _row(
        "zonemta",
        "ZoneMTA",
        "zonemta:ZoneMtaReader",
        r"(?:\w+!? )?Sender/\S{1,200} (?:id=\S{1,80} )?[0-9a-f]{16,24}\.[0-9a-f]{1,6} "
        r"(?:ACCEPTED|DEFERRED\[|REJECTED\[|CONNECT)",
        extensions=(".log", ""),
    ),
    _row(
        "esa",
        "Cisco ESA (IronPort) mail_logs",
        "esa:EsaReader",
        r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} )?Info: (?:"
        r"Start MID \d+ ICID \d|MID \d+ (?:ICID \d+ (?:RID \d+ )?(?:From|To): <|RID \[\d)|"
        r"New SMTP [ID]CID \d|(?:Delivery start|Message done) DCID \d|(?:Bounced|Delayed): DCID:? \d|"
        r"Message (?:finished|aborted) MID \d|[ID]CID \d+ close)",
        extensions=(".log", ".s", ".c", ""),
        is_multiline=True,
    ),
    _row(
        "dma",
        "DragonFly Mail Agent",
        "dma:DmaReader",
        r"(?:remote delivery (?:deferred|failed|to )|<[^>]*> (?:trying delivery|delivery successful)|"
        r"trying remote delivery to|new mail from user=\S* uid=\d|mail to=<.*> queued as )",
    ),
    _row(
        "nullmailer",
        "nullmailer-send",
        "nullmailer:NullmailerReader",
        r"Starting delivery: host: |Starting delivery, \d+ message|Rescanning queue\.|"
        r"Delivery complete, \d+ message",
        is_multiline=True,
    ),
    _row(
        "msmtp",
        "msmtp",
        "msmtp:MsmtpReader",
        r"(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8} )?host=\S+ tls=\w+ auth=\w+ .*(?:recipients=|exitcode=)",
    ),
    _row(
        "postqueue",
        "postqueue -j",
        "queues:PostqueueReader",
        r"\{\"queue_name\": ?\"\w+\", ?\"queue_id\": ?\"",
        framed=False,
        extensions=(".json", ".jsonl"),
        weight=5,
    ),
    _row(
        "mailq",
        "mailq (Postfix, sendmail)",
        "queues:MailqReader",
        r"Mail queue is empty\s*$|/\S{1,200} is empty\s*$|"
        r"-{2,}(?: ?Queue ID|Q-ID)-|-Queue ID-|[0-9A-Za-z]{6,20}[*!#XQ?-]?\s+\d+\s+"
        r"(?:[A-Z][a-z]{2} |-?\d+[ +]+)[A-Z][a-z]{2} "
        r"[ \d]\d \d\d:\d\d",
        framed=False,
        extensions=(".txt", ""),
        is_multiline=True,
        weight=5,
    ),
    _row(
        "exim-queue",
        "exim -bp",
        "queues:EximQueueReader",
        rf"\s*\d{{1,6}}[smhdw]\s+(?:[\d.]+[KM]?)?\s+{_EXIM_ID} <",
        framed=False,
        extensions=(".txt", ""),
        is_multiline=True,
        weight=5,
    ),
    _row(
        "smtpctl",
        "smtpctl show queue (OpenSMTPD)",
        "queues:SmtpctlReader",
        r"[0-9a-f]{16}\|[\w.]+\|(?:mta|mda|bounce)\|",
        framed=False,
        extensions=(".txt", ""),
        weight=5,
    ),
    _row(
        "courier-queue",
        "mailq (Courier)",
        "plain_queues:CourierQueueReader",
        r"\s{0,20}\S{1,20}\s+[0-9A-F]{16}\.[0-9A-F]{16}\.[0-9A-F]{8}\s+[A-Z][a-z]{2} [ \d]\d \d\d:\d\d",
        framed=False,
        extensions=(".txt", ""),
        is_multiline=True,
        weight=5,
    ),
    _row(
        "dma-queue",
        "dma -bp",
        "plain_queues:DmaQueueReader",
        r"ID\s: [0-9a-f]+\.[0-9a-f]+\*?\s*$",
        framed=False,
        extensions=(".txt", ""),
        is_multiline=True,
        weight=5,
    ),
    _row(
        "nullmailer-queue",
        "mailq (nullmailer)",
        "plain_queues:NullmailerQueueReader",
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d+ bytes from <",
        framed=False,
        extensions=(".txt", ""),
        is_multiline=True,
        weight=5,
    ),
    _row(
        "haraka-queue",
        "haraka --qlist",
        "plain_queues:HarakaQueueReader",
        r"Q: \S+ rcpt:\d+ from:<",
        framed=False,
        extensions=(".txt", ""),
        is_multiline=True,
        weight=5,
    ),
)


def by_name(name: str) -> Format | None:
    """The format of this name; None for any other."""
    return next((row for row in FORMATS if row.name == name), None)


def detect(lines: Sequence[bytes]) -> Format | None:
    """The format that most of the first lines are in; None if no line is in any format.

    Lines of other programs do not count. Of two with the same count the first row wins.
    """
    counts = dict.fromkeys((row.name for row in FORMATS), 0)
    clock = Clock()
    for data in lines[:SAMPLE]:
        raw = data[:_LINE_LIMIT].decode("utf-8", "replace").rstrip("\r\n")
        text = unframe(data[:LINE].rstrip(b"\r\n"), clock).text[:_LINE_LIMIT]
        for row in FORMATS:
            if row.mark.match(text if row.framed else raw) or (not row.framed and row.mark.search(raw)):
                counts[row.name] += row.weight
    best = max(FORMATS, key=lambda row: counts[row.name])
    return best if counts[best.name] else None
