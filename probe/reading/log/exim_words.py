"""The fields of a line of Exim's main log, and whose words its text contains."""

from __future__ import annotations

import re

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Relay, Speaker, Words
from probe.reading.log.words import is_reply, stage_of, unescape

# After flags without a value (pipelining, PRDR, CHUNKING, TCP Fast Open): a host and its address (with an
# asterisk where the connection was open already), a value in quotes, or one of: an address, a bracket with a
# port, anything plain.
_FIELD = regex(
    r"(?: (?:L\*?|PRDR|K|TFO\*?)(?= ))*+ ([A-Z][A-Z0-9]{0,3})=(?:"
    r"([^\s\[\"<:]++(?: \([^)]*\))?) \[([^\]]*)\](?::(\d{1,5}))?\*?(?=[: ]|$)"
    r"|\"((?>[^\"\\]|\\.)*+)\""
    r"|(<(?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+>|\[[^\]]*\](?::\d{1,5})?|[^\s:]*+(?::[^\s:]++)*+))",
    re.DOTALL,
)
_QUOTED = r"<(?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+>"
_REMOTE = regex(
    r"(?P<protocol>SMTP|LMTP) error from remote mail(?: server|er) after (?:pipelined )?"
    r"(?P<stage>initial connection|end of data|(?:MAIL FROM|RCPT TO):"
    rf"{_QUOTED}[^:]{{0,200}}|[A-Z]{{4,10}}(?: [^\s:]{{0,255}})?): ?"
    r"(?:host \S+ \[[^\]]*\](?::\d{1,5})?: ?)?(?P<reply>.*)",
    re.DOTALL,
)
_AFTER = "SMTP error from remote mail server after "
_USUAL_STAGES = (
    (f"{_AFTER}RCPT TO:<", Stage.RCPT),
    (f"{_AFTER}end of data: ", Stage.END_OF_DATA),
)
_RCPT, _REMOTE_SERVER = Stage.RCPT, Speaker.REMOTE  # enum member look-ups are slow
_STAGE_OF_OWN = regex(
    r"(?:SMTP timeout after|in response to|closed connection after|SMTP error after) (?:pipelined )?"
    r"(initial connection|end of data|sending data block|[A-Z]{4,10}(?: FROM| TO)?)",
)
_OWN = (
    (regex(r"Connection (?:refused|timed out)|No route to host|Network is unreachable"), Stage.CONNECT),
    (regex(r"host (?:lookup|not found)|[Uu]nrouteable|MX (?:or SRV )?record"), Stage.DNS),
    (regex(r"a TLS session is required|TLS session: "), Stage.STARTTLS),
)
# What Exim says itself of a router that came to no decision, or to one of its own (routers/*.c, rda.c and
# route.c of Exim 4.96).
_OF_ROUTER = regex(
    r"(?:error in|failed to|lookup (?:defer|failed)|expansion of|mail domain \"|retry time|syntax error"
    r"|host \S+ not|IP literal|command(?:_user)? |bad command|unknown transport|transport \""
    r"|internal configuration error)"
    r"|\S+ router[ :]|.*\b(?:unset|without group|address is the local host|points? to local host)\b",
    re.DOTALL | re.IGNORECASE,
)
_REPEATS = regex(r"retry time (?:limit )?not reached|no host found for existing SMTP connection")
_DURATION = regex(r"(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:\.\d+)?)s)?")


class Fields(NamedTuple):
    """`NAME=value` pairs unparsed, the host after `H=`, and the end of the fields in the text."""

    values: dict[str, str]
    relay: Relay | None
    end: int

    def text(self, name: str) -> str | None:
        return self.values.get(name)

    def address(self, name: str) -> str | None:
        """An address between angle brackets, without them."""
        value = self.values.get(name)
        return value[1:-1] if value is not None and value[:1] == "<" else None

    def join(self, other: Fields) -> Fields:
        """These and the other's; the end is the other's."""
        return Fields(self.values | other.values, other.relay or self.relay, other.end)


def fields_at(text: str, begin: int) -> Fields:
    """Read consecutive fields."""
    values: dict[str, str] = {}
    relay = None
    match = _FIELD.match
    while (field := match(text, begin)) is not None:
        begin = field.end()
        name, host, ip, port, inner, value = field.groups()
        if value is not None:
            values[name] = value
        elif inner is not None:
            values[name] = unescape(inner.replace('\\"', '"'))
        elif name == "H":
            relay = Relay(host.partition(" ")[0], ip, int(port) if port else None)
    return Fields(values, relay, begin)


def usual_reply(text: str) -> Words | None:
    """A fast version of `words_of` for a reply to RCPT or to the end of data without times after it; None for
    anything else. (Most failures are such, and it takes a fifth of the time.)"""
    for begin, stage in _USUAL_STAGES:
        if not text.startswith(begin):
            continue
        at = len(begin)
        if stage is _RCPT:
            at = text.find(">: ", at) + 3
            if at < 3 or '"' in text[len(begin) : at]:
                return None
        reply = text[at:].strip()
        if not is_reply(reply) or "T=" in reply[-64:]:
            return None
        return Words(_REMOTE_SERVER, unescape(reply), stage)
    return None


def words_of(text: str) -> tuple[Words | None, bool]:
    """The words with their speaker and stage; and whether they are those of an older failure, without a new
    attempt."""
    if not text:
        return None, False
    remote = _REMOTE.match(text)
    if remote is not None:
        stage = remote["stage"]
        command = re.match(r"[A-Za-z]+ of [a-z]+|[a-z ]+|[A-Z]+(?: FROM| TO)?", stage)
        reply = unescape(remote["reply"].strip())
        return Words(Speaker.REMOTE, reply, stage_of(command[0] if command else stage)), False
    return Words(Speaker.LOCAL, unescape(text), _stage(text)), bool(_REPEATS.search(text))


def of_router(words: Words | None, fields: Fields) -> Words | None:
    """The words of a failure, as those of a setting if a router decided it: it is named alone, without a
    transport, and the words are none of Exim's own. `:fail:` and `:defer:` give them, in an alias file, a
    filter or the router itself."""
    if words is None or words.speaker is not Speaker.LOCAL or words.stage is not None:
        return words
    if fields.text("R") is None or fields.text("T") is not None or fields.relay is not None:
        return words
    return words if _OF_ROUTER.match(words.text) else words._replace(speaker=Speaker.SETTING)


def _stage(text: str) -> Stage | None:
    stage_match = _STAGE_OF_OWN.search(text)
    if stage_match is not None:
        command = stage_match[1]
        return Stage.END_OF_DATA if command == "sending data block" else stage_of(command)
    for words, stage in _OWN:
        if words.search(text):
            return stage
    return None


def duration(text: str | None) -> float | None:
    """`1h2m3s` or `0.123s` in seconds; None where there is none."""
    match = _DURATION.fullmatch(text) if text else None
    if match is None:
        return None
    weeks, days, hours, minutes, seconds = (float(part) if part else 0.0 for part in match.groups())
    return (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
