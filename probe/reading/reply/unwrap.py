"""Find the remote server's own reply inside what a sending MTA made of it.

Bounces and logs wrap the reply: `host X[ip] said: ... (in reply to RCPT TO command)` (Postfix),
`SMTP error from remote mail server after RCPT TO:<...>: host X [ip]: ...` (Exim), `Remote host said:`
(qmail), `>>> ... <<<` transcripts (Sendmail), `Remote Server returned '...'` (Exchange), `smtp;` of
RFC 3464. The wrapping also tells the stage.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from probe.model.reply import EnhancedStatus, Reply, Stage


class Unwrapped(NamedTuple):
    """`code` 200-599 or None; `status` the enhanced status that stands right behind it, None where none does;
    `enhanced` every distinct enhanced status, the most telling first; `text` on one line without wrapping and
    codes; `stage` as the wrapping tells it, else None; `local` true where the only reply there is was written
    by the sending MTA itself."""

    code: int | None
    status: EnhancedStatus | None
    enhanced: tuple[EnhancedStatus, ...]
    text: str
    stage: Stage | None
    local: bool


# How Postfix, Exim, qmail, Sendmail and mail libraries say where a reply was given; of several places the
# last counts.
_STAGES: Mapping[Stage, Sequence[str]] = {
    Stage.GREETING: (
        r"after initial connection|refused to talk to me|initial (?:server|protocol) greeting",
        r"but greeting failed|receiving the initial|reject: connect from|smtpconnecterror",
    ),
    Stage.EHLO: (
        r"in reply to (?:the )?(?:ehlo|helo)|after (?:ehlo|helo)|>>> (?:ehlo|helo)",
        r"but my name was rejected|with my name|sending helo|performing the (?:ehlo|helo)",
        r"(?:reject: |discard: )(?:ehlo|helo) from|rejected (?:ehlo|helo) |smtpheloerror",
    ),
    Stage.STARTTLS: (r"in reply to (?:the )?starttls|after starttls",),
    Stage.MAIL: (
        r"in reply to (?:the )?mail\b|after (?:pipelined )?mail\b|>>> mail\b|sending mail from",
        r"but sender was rejected|reject: mail from|rejected mail <|rejected mail from:",
        r"smtpsenderrefused|smtpsenderfailed\w+|mail command failed",
    ),
    Stage.RCPT: (
        r"in reply to (?:the )?rcpt|after (?:pipelined )?rcpt|>>> rcpt|sending rcpt",
        r"does not like recipient|but recipient was rejected|reject: rcpt from|rejected rcpt <",
        r"smtprecipientsrefused|smtpaddressfailed\w+|failed to add recipient|recipient command failed",
        r"all recipients were rejected|\"rcpt to:<[^>]*>\" =>",
    ),
    Stage.DATA: (
        r"in reply to (?:the )?data\b|after (?:pipelined )?data\b|>>> data\b|sending data command",
        r"reject: data from|rejected command 'data'|rejected data\b",
    ),
    Stage.END_OF_DATA: (
        r"in reply to end of data|after end of data|rejected after data",
        r"(?:sending|reply to) message body|sending end of data",
        r"failed after I sent the message|after sending (?:data block|message)|end-of-message from",
        r"smtpdataerror|smtpsendfailed\w+|message failed",
    ),
}
# One of these stands in every wrapping that names a stage; most replies have none.
_STAGE_HINTS = (
    "in reply to",
    "after ",
    "sending ",
    "message body",
    "does not like",
    "but ",
    ">>> ",
    "my name",
    "the helo",
    "the ehlo",
    "refused to talk",
    "greeting",
    "the initial",
    "reject: ",
    "discard: ",
    "end-of-message",
    "smtpsender",
    "smtprecip",
    "smtpdata",
    "smtphelo",
    "smtpconnect",
    "smtpaddress",
    "smtpsendfailed",
    "command failed",
    "message failed",
    "failed to add",
    "were rejected",
    "rejected command",
    "rejected rcpt",
    "rejected mail",
    "rejected ehlo",
    "rejected helo",
    "rejected data",
    "rcpt to:",
)
# Characters of one reply that are read; RFC 5321 section 4.5.3.1.5 allows 512 octets a line, and what
# follows here is a quoted message. It bounds the work that a stranger's text can cause.
_LIMIT = 8192
_ARROW = re.compile(r"(?<!\s)\s*(<<<|>>>)")
_ECHO = re.compile(r"503\b|.*\b(?:no valid recipients|valid RCPT|need RCPT)", re.IGNORECASE)
_TRANSCRIPT = re.compile(r"^[ \t]*(<<<|>>>)\s?(.*)$", re.MULTILINE)
_WRAPPERS = re.compile(
    r"\b(?:host \S+?(?:\s?\[[^\]\s]*\])?|server)\s+(?:said|refused to talk to me):"
    r"|\b(?:smtp|lmtp) error from remote mail(?: server|er) after [a-z ]+?(?::\s*<[^>]*>)?(?:\s+size=\d+)?:"
    r"|\bhost \S+ ?\[[^\]\s]*\]:(?=\s*[245]\d\d)"
    r"|\bremote (?:host|server) said:?(?=\W)"
    r"|\bremote server (?:returned|at \S+(?: \([^)]*\))? returned)\s*(?:an error:?\s*)?['\"<]*"
    r"|\bthe (?:error|response)(?: that the other server returned| from the remote server)? was:"
    r"|\bgiving up on \S{0,80}[.:]\S{0,80}?\.?(?=\s|$)"
    r"|\bconnected to \S+ but (?:sender was rejected|greeting failed|my name was rejected|[^.]{3,40})\."
    r"|\S{1,255} (?:does not like recipient|failed after i sent the message)\."
    r"|\bdiagnostic-code:|\b(?:smtp|x-[a-z0-9-]+)\s*;(?=\s*(?:[245]\d\d|\S))"
    r"|\((?:in reply to|while talking to) [^)]*\){0,2}"  # the second closes the log's own parenthesis
    r"|\brejected (?:rcpt|mail|ehlo or helo|ehlo|helo|after data|data)(?: from:?)? ?(?:<[^>]*>)?:"
    r"|\bmessage could not be sent\.|\bmailer error:|\bsmtp error: data not accepted\.?"
    r"|\bsmtp server error:(?: [a-z ]{3,20} command failed)?|\bdetail:|\bsmtp code:(?= *\d)"
    r"|\badditional smtp info:|\bsmtp session failed:?"
    r"|-{2,} ?(?:below this line is a copy of the message|附件中的内容是原信件的一份拷贝).*"
    r"|\bthis is an automatically generated delivery status notification\.?"
    r"|\bdelivery to the following recipients? (?:has )?failed(?: permanently)?\b[.:]?"
    r"|\((?:connect|greeting|banner|ehlo|helo|mail from|rcpt to|data|end of data|quit)\)"
    r"|\bstatus=(?:bounced|deferred) \(|\(state \d+\)|^\s*<+|#smtp#"
    r"|\b(?:reason|last reason|diagnostic information for administrators):"
    r"|\b(?:result|response|reply)\s*[:=](?=\s*[245]\d\d)",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\b(?:host \S+(?:\s?\[[^\]\s]*\])?|server|remote host) (?:said:?|refused to talk to me:)(?=\W)",
    re.IGNORECASE,
)
_LEADS = re.compile(rf"\W{{0,2}}(?:{_QUOTED.pattern})", re.IGNORECASE)
# A group of an IPv6 address that looks like a code is none.
_CODE = re.compile(r"(?<![\d.#\w-])([245]\d\d)(?=[ \-:,;)\]]|$|#|<|\\)(?!\.\d|:[0-9a-fA-F]{1,4}[:\]]|\]:\d)")
# What mail libraries and log writers put around a reply: Swift and Symfony Mailer, Python's smtplib,
# structured logs; and what Postfix adds behind it.
_REPORTED = re.compile(
    r"expected response code.{1,24}?but got (?:code )?\"?\d{0,3}\"?,? with message \"?"
    r"|\bcode ?[=:] ?(?=[245]\d\d\b)|(?<=\d\d\d), (?:details|message|text|response) ?[=:]"
    r"|;? (?:from=<[^>]*> )?(?:to=<[^>]*> )?proto=\w+ helo=<[^>]*>"
    r"|['\"], [^,:]{2,16}: \d{2,5}, secure.{0,400}",
    re.IGNORECASE,
)
_TUPLE = re.compile(r"\((?=[245]\d\d, ?[bu]?['\"])([245]\d\d), ?[bu]?['\"]")
# A reply that begins inside a line, behind the words of a log or a library.
_BEGINS = re.compile(
    r"(?:=>|[:=(\"'\]#])\s*[\"'<(]?(?=(?:[45]\d\d[ -]|\[[45]\d\d\] |[45]\.\d{1,3}\.\d{1,3} )\S)"
)
# Postfix's log: the fields of the delivery, then what was said in parentheses.
_POSTFIX_LOG = re.compile(r"\bto=(?:<[^>]*>|[^,<]*), .{0,400}?\bstatus=\w+ \(", re.IGNORECASE)
# Cisco (IronPort) bounces: its own status and sentence, then the remote's reply in quotes.
_IRONPORT = re.compile(
    r"\b[45]\.[\dx]\.\d{1,3} - [A-Za-z ()/,-]{3,80}?\s(?P<code>[245]\d\d)-['\"](?P<said>.*?)['\"]?"
    r"\s*(?:\(delivery attempts: \d+\))?$"
)
# Postfix as a server logs what it refused: where, whom, then the words that the client got.
_POSTFIX_REJECT = re.compile(
    r"\b(?:milter-)?(?:reject|reject_warning|hold): [A-Z-]{3,16}"
    r" from [^ :]{1,300}: (?P<reply>.*?)(?:; (?:from|proto|to)=.*)?$"
)
# Sendmail's log: the reply, where there was one, stands before its own verdict.
_SENDMAIL_LOG = re.compile(r"\bto=.{0,900}?\bmailer=.{0,900}?\b(?:reply=(?P<reply>.*), )?stat=(?P<stat>.*)$")
_SENDMAIL_STATUS = re.compile(r"\bdsn=([245]\.\d{1,3}\.\d{1,3})")
# Exim's main log: who, then what was rejected, then the words that the client got.
_EXIM_LOG = re.compile(
    r"\bF=<[^>]*> (?:temporarily )?rejected [A-Za-z ]{3,16}(?:<[^>]*>)?(?::|$)", re.IGNORECASE
)
_REFUSAL = re.compile(_CODE.pattern.replace("[245]", "[45]", 1))
# of positive replies only what SMTP has (RFC 5321 section 4.2.3, RFC 4954): 292 is a queue's counter
_LEADING = re.compile(r"^\W{0,3}(2[0-5]\d|[45]\d\d)(?![\w.])")
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
_BEHIND_CODE = re.compile(r"[ -]{1,3}\(?#?([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
_LEAD_CODES = re.compile(
    r"^(?:[\s\-:;,]*(?:(?<![\d.])[245]\d\d(?![\d.])|\(?#?[245]\.\d{1,3}\.\d{1,3}\)?(?!\d|\.\d)))+[\s\-:;,]*"
)
_LOCAL_FILLER = re.compile(
    r"[45]\d\d [45]\.\d\.\d (?:<[^>]*>\.\.\. )?"
    r"(?:service unavailable|deferred.*|remote protocol error|user unknown)\s*$",
    re.IGNORECASE | re.MULTILINE,
)
# One of these stands in every form that `forms.plain` undoes, but for a text that is not ASCII.
_FORMS = ("\\", "=?", "&", "^", "$", "#0", "#2", "#3", "%20", "_", "=")
# A line that was folded inside a script that has no blanks between words.
_BROKEN = re.compile(
    r"(?<=[\u3040-\u30ff\u3400-\u9fff\uff01-\uff60]) (?=[\u3040-\u30ff\u3400-\u9fff\uff01-\uff60])"
)
# How mail programs head a reply in their user's language: "SMTP error (550):".
_ERROR_WORDS = (
    "error|fehler|erreur|eroare|errore|erro|virhe|fel|fejl|feil|fout|błąd|chyba|hiba|hata|viga|klaida|kļūda|napaka|greška"
    "|pogreška|ошибка|помилка|грешка|σφάλμα|שגיאת|خطأ|خطای|lỗi|kesalahan|galat|ralat|오류|错误|錯誤|エラー"
)
_HEADED = re.compile(
    rf"^\W{{0,3}}(?:smtp[ -]?(?:{_ERROR_WORDS})\w{{0,3}}|(?:{_ERROR_WORDS})\w{{0,3}} (?:\w{{1,3}} )?smtp)"
    r" ?\(?([245]\d\d)?\)? ?[:：]",
    re.IGNORECASE,
)
# The subject of a notice that says more below it.
_SUBJECT = re.compile(r"\A\s*subject:[^\n]*\n(?=(?:[^\w]*\w){40})", re.IGNORECASE)
# What a mail program says before the server's words, in any language: "RCPT TO <a@example.net> failed:".
_CLIENT_LEAD = re.compile(
    r"^(?!\W{0,3}[245]\d\d\b)[^:：]{0,60}?\b(MAIL FROM|RCPT TO|DATA)\b[^:：\n]{0,90}[:：]\s*(?=\w)"
)
_VERBS = {"MAIL FROM": Stage.MAIL, "RCPT TO": Stage.RCPT}
_STATUS = r"(?:\(?#?[245]\.\d{1,3}\.\d{1,3}\)?\s)?"


def unwrap(text: str) -> Unwrapped:
    """Read one reply in whatever wrapping; never raises. Codes inside the text are found too."""
    plain = _plain(text)
    stage = _stage(plain)
    quoted = _transcript(plain) if "<<<" in plain else None
    remote, proven = quoted or (None, None)
    local = remote is None and ">>>" in plain and bool(_LOCAL_FILLER.search(plain))
    body = _on_one_line(remote or _SUBJECT.sub("", plain, count=1))
    if "=" in body or "xpected" in body or "ode:" in body or "ecure" in body:
        body = _REPORTED.sub(" ", body)
    if "(" in body and ("'" in body or '"' in body):
        body = _TUPLE.sub(r" \1 ", body)
    body = _without_prefix(_HEADED.sub(_code_of_head, body.strip()))
    lead = _CLIENT_LEAD.match(body)
    if lead is not None:
        body, stage = body[lead.end() :], stage or _VERBS.get(lead[1])
    body = _WRAPPERS.sub(" ", body)
    code, status = _code(body)
    enhanced = _enhanced(body)
    if code is not None and f"{code}-" in body:
        # RFC 5321 section 4.2.1: each line of a reply repeats the code, the last with a space
        body = re.sub(rf"(?<![\w.]){code}(?:-\s?|\s){_STATUS}", " ", body)
    body = _LEAD_CODES.sub("", " ".join(body.split()), count=1)
    return Unwrapped(code, status, enhanced, body.strip(" '\""), proven or stage, local)


def received(reply: Reply) -> Unwrapped:
    """The parts of a reply that a session received: its code and status are known, only its words are read.

    Never raises. `stage` is None: a server's words do not tell where it said them.
    """
    status = reply.enhanced_status
    lines = (line.strip() for line in reply.lines)
    if status is not None:  # RFC 2034 section 4: it stands at the beginning of every line
        lines = (line.removeprefix(str(status)).lstrip(" ") for line in lines)
    body = _on_one_line(_plain("\n".join(lines)))
    enhanced = _enhanced(f"{status} {body}" if status is not None else body)
    # behind a code, for at the beginning of a text some marks are of a wrapping
    words = _WRAPPERS.sub(" ", f"{reply.code} {body}")
    text = _LEAD_CODES.sub("", " ".join(words.split()), count=1)
    return Unwrapped(reply.code or None, status, enhanced, text.strip(" '\""), None, False)


def reply_lines(text: str) -> tuple[str, str]:
    """One reply on one line: without what a log or a bounce puts before it, and with it."""
    line = _on_one_line(_plain(text)).strip()
    reply = _without_prefix(line)
    lead = _LEADS.match(reply)
    reply = reply[lead.end() :].lstrip() if lead else reply
    return reply, line


def _code_of_head(head: re.Match[str]) -> str:
    return f"{head[1]} " if head[1] else ""


def _plain(text: str) -> str:
    """What is read of a text, with its escapes undone and line feeds for line ends."""
    text = text[:_LIMIT]
    if text.isascii() and not any(mark in text for mark in _FORMS):
        return text.replace("\r\n", "\n").replace("\r", "\n")
    from probe.reading.reply.forms import plain

    return plain(text)


def _on_one_line(text: str) -> str:
    line = " ".join(part.strip() for part in text.splitlines())
    return line if line.isascii() else _BROKEN.sub("", line)


def _without_prefix(line: str) -> str:
    """Drop what a log puts before the remote's words, unless a server's own reply stands there."""
    if _LEADING.match(line):
        return line
    ironport = _IRONPORT.search(line) if " - " in line else None
    if ironport is not None:
        return f"{ironport['code']} {ironport['said']}"
    sendmail = _SENDMAIL_LOG.search(line) if "stat=" in line else None
    if sendmail is not None:
        own = _SENDMAIL_STATUS.search(line)
        return sendmail["reply"] or f"{own.group(1) if own else ''} {sendmail['stat']}".strip()
    refused = _POSTFIX_REJECT.search(line) if "reject" in line or "hold: " in line else None
    if refused is not None:
        return refused["reply"]
    delivery = _POSTFIX_LOG.search(line)
    if delivery is not None:
        line = line[delivery.end() :].removesuffix(")")
    quoted = _QUOTED.search(line) or _EXIM_LOG.search(line) or _BEGINS.search(line)
    if quoted is None or _REFUSAL.search(line[: quoted.start()]):
        return line
    if quoted.re is _EXIM_LOG and quoted.end() == len(line):
        return "450" if "temporarily" in quoted[0] else "550"  # an ACL without a message
    reply = line[quoted.start() if quoted.re is _QUOTED else quoted.end() :]
    if "SASL authentication failed" in line[: quoted.start()]:
        return f"{reply} (SASL authentication failed)"  # Postfix: the reply is to AUTH
    return reply


def _stage(text: str) -> Stage | None:
    """The stage that the wrapping names; in a transcript the last command before the refusal."""
    lowered = text.lower()
    if not any(hint in lowered for hint in _STAGE_HINTS):
        return None
    found: tuple[int, int, Stage] | None = None
    for stage in _STAGES:
        for match in _wrapping(stage).finditer(text):
            # "rejected after data" holds "after data": where two end together, the longer one says more
            place = (match.end(), -match.start(), stage)
            if found is None or place[:2] > found[:2]:
                found = place
    return found[2] if found else None


@cache
def _wrapping(stage: Stage) -> re.Pattern[str]:
    return re.compile("|".join(_STAGES[stage]), re.IGNORECASE)


def _transcript(text: str) -> tuple[str, Stage | None] | None:
    """The refusal among the `<<<` lines of a Sendmail transcript, and its stage where that shows; else None.

    Of several the last counts, but not the echo of an earlier one: after all RCPTs were refused, DATA gets
    503 or "no valid recipients". With pipelining that proves that the refusal before belongs to RCPT.
    """
    refusals: list[list[str]] = []
    collecting = False
    for arrow, line in _TRANSCRIPT.findall(_ARROW.sub(r"\n\1", text)):
        if arrow == ">>>":
            collecting = False
        elif re.match(r"[45]\d\d", line):
            if not collecting:
                refusals.append([])
            refusals[-1].append(_LOCAL_FILLER.sub("", line))
            collecting = line[3:4] == "-"
    if not refusals:
        return None
    echo = len(refusals) > 1 and any(_ECHO.match(line) for line in refusals[-1])
    return "\n".join(refusals[-2 if echo else -1]), Stage.RCPT if echo else None


def _code(text: str) -> tuple[int | None, EnhancedStatus | None]:
    """(the code of the reply, the enhanced status right behind it)"""
    # a 2yz deep in a text is a number of something else
    match = _LEADING.match(text) or _REFUSAL.search(text)
    if match is None:
        return None, None
    status = _BEHIND_CODE.match(text, match.end(1))
    return int(match[1]), EnhancedStatus(*map(int, status.groups())) if status else None


def _enhanced(text: str) -> tuple[EnhancedStatus, ...]:
    """RFC 3463 statuses, distinct, in order, but those that say something before x.0.0."""
    found = dict.fromkeys(
        EnhancedStatus(int(klass), int(subject), int(detail))
        for klass, subject, detail in _ENHANCED.findall(text)
    )
    return tuple(sorted(found, key=lambda status: status.is_generic))
