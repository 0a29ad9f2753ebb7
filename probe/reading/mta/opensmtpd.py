"""OpenSMTPD of this host: what its tools and its configuration tell of how it would send one message.

No tool of it prints a route: `smtpd -h` tells the version, `smtpd -n` whether the configuration is in order,
and smtpctl(8) knows of a relay only once mail went there. So smtpd.conf(5) is read, with the files that it
includes and its tables that are files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from probe._dataclass import dataclass
from probe.model.address import IPAddress, Mailbox, ReversePath
from probe.model.local_tool import FileCall, Inquiry, ToolCall
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import (
    AddressFact,
    Families,
    HopKind,
    MtaSoftware,
    NoSenderMta,
    NumberFact,
    Route,
    SenderMta,
    TextFact,
    TlsLevel,
    TlsPolicy,
)
from probe.reading.mta.configuration import read_configuration
from probe.reading.mta.opensmtpd_rules import Message, Rule, rule_for
from probe.reading.mta.opensmtpd_values import (
    LEVELS,
    Relay,
    Statement,
    Table,
    Word,
    relay_of,
    size_of,
    statements_of,
    table_at,
    table_file,
)
from probe.reading.mta.postfix_values import literal_of

CONFIGS = ("/etc/smtpd.conf", "/etc/mail/smtpd.conf", "/usr/local/etc/mail/smtpd.conf")
NAME_FILES = ("/etc/mailname", "/etc/mail/mailname", "/usr/local/etc/mail/mailname")
_VERSION = re.compile(r"OpenSMTPD (\S+)")
_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
_DEFAULT_SIZE = 35 * 2**20
_MOST_FILES = 50
_CONF = "smtpd.conf"
_LOCAL = ("maildir", "mbox", "expand-only", "forward-only")
_TABLES = ("auth", "domain", "helo-src", "src")  # options of `relay` that take a table


def ask_opensmtpd(sender: ReversePath, recipient: Mailbox, config: str) -> Inquiry[SenderMta | NoSenderMta]:
    """How OpenSMTPD would send from `sender` to `recipient` for a program of this host; `config` is the
    directory or file of a further configuration, empty for the main one."""
    place = yield from read_configuration(config, "smtpd.conf", CONFIGS)
    if isinstance(place, NoSenderMta):
        return place
    path, text = place
    about, check, host, *names = yield (
        ToolCall("smtpd", ("-h",)),
        ToolCall("smtpd", ("-n", "-f", path)),
        ToolCall("hostname", ("-f",)),
        *(FileCall(it) for it in NAME_FILES),
    )
    version = _VERSION.search(about.errors + about.text)
    if about.exit_code is None and not about.is_missing:
        why = MtaWhy(MtaReason.TOOL_FAILED, "smtpd -h", failure=about.why)
        return NoSenderMta(why, MtaSoftware.OPENSMTPD)
    if version is None:
        return NoSenderMta(MtaWhy(MtaReason.NO_PROGRAM, "smtpd"))
    if not check.is_usable:
        why = MtaWhy(MtaReason.TOOL_FAILED, "smtpd -n", failure=check.why)
        return NoSenderMta(why, MtaSoftware.OPENSMTPD)
    own_name = next((it.text.strip() for it in names if it.is_usable and it.text.strip()), host.text.strip())
    statements, not_included = yield from _whole(text)
    tables = yield from _tables(statements)
    from_path = str(sender) if isinstance(sender, Mailbox) else ""
    rule = rule_for(Message(from_path, str(recipient), own_name), statements, tables)
    no_name = MtaWhy(MtaReason.NO_ANSWER, failure=host.why) if not own_name and not host.is_usable else None
    reading = _Reading(statements, tables, rule, own_name, no_name, recipient.domain, not_included)
    return reading.mta(version[1].rstrip(","), path)


def _whole(text: str) -> Inquiry[tuple[tuple[Statement, ...], str]]:
    """(the statements of a configuration with those of the files that it includes in their places, the first
    such file that was not read)."""
    unread, count = "", 0
    pending = list(statements_of(text))
    statements: list[Statement] = []
    while pending:
        statement = pending.pop(0)
        if statement[0] != Word("include") or len(statement) < 2:
            statements.append(statement)
            continue
        count += 1
        path = statement[1].text
        (output,) = yield (FileCall(path),)
        if not output.is_usable or count > _MOST_FILES:
            unread = unread or path
            continue
        pending[:0] = statements_of(output.text)
    return tuple(statements), unread


def _tables(statements: tuple[Statement, ...]) -> Inquiry[dict[str, Table]]:
    """The tables by name; of one that is neither written out nor a file nothing is known."""
    tables: dict[str, Table] = {}
    files: dict[str, str] = {}
    for statement in statements:
        if statement[0] != Word("table") or len(statement) < 3:
            continue
        name, source = statement[1].text, statement[2].text
        if statement[2] == Word("{"):
            tables[name] = table_at(statement, 2, {})[0]
            continue
        kind, colon, path = source.partition(":")
        tables[name] = Table(None, source)
        if not colon or kind == "file":
            files[name] = path if colon else source
    if files:
        outputs = yield tuple(FileCall(path) for path in files.values())
        for name, output in zip(files, outputs, strict=True):
            tables[name] = table_file(output.text) if output.is_usable else Table(None, files[name])
    return tables


@dataclass(frozen=True, slots=True)
class _Options:
    """What stands behind `relay` in an action."""

    words: Mapping[str, str]
    tables: Mapping[str, Table]


def _options_of(statement: Statement, tables: Mapping[str, Table]) -> _Options:
    words: dict[str, str] = {}
    option_tables: dict[str, Table] = {}
    place = 3
    while place < len(statement):
        name = statement[place].text
        place += 1
        if name in _TABLES or name == "host":
            option_tables[name], place = table_at(statement, place, tables)
        elif name in ("helo", "mail-from", "pki", "ca", "ciphers", "protocols", "filter", "mx"):
            words[name] = statement[place].text if place < len(statement) else ""
            place += 1
        else:  # tls, no-verify, backup, srs
            words[name] = "yes"
    return _Options(words, option_tables)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What smtpd.conf says, to be put together."""

    statements: tuple[Statement, ...]
    tables: Mapping[str, Table]
    rule: Rule | None
    host: str
    no_name: MtaWhy | None  # why the host has no name here
    domain: str
    unread: str

    def mta(self, version: str, path: str) -> SenderMta:
        """All of it."""
        action = self._action()
        is_relay = len(action) > 2 and action[2] == Word("relay")
        options = _options_of(action, self.tables) if is_relay else _Options({}, {})
        relays, unknown = self._relays(options)
        sources = self._sources(options)
        usable = tuple(it for it in (4, 6) if any(ip.version == it for ip in sources)) or (4, 6)
        return SenderMta(
            software=MtaSoftware.OPENSMTPD,
            version=version,
            config=path,
            helo=self._helo(options, sources),
            source_v4=_address(sources, 4),
            source_v6=_address(sources, 6),
            families=Families(usable, None, f"{_CONF} src"),
            route=self._route(action, relays, unknown, options),
            tls=_tls(options, relays, is_relay=is_relay),
            size_limit=self._size(),
            waits_at_greeting=True,
        )

    def _action(self) -> Statement:
        name = self.rule.action if self.rule is not None else ""
        actions = (it for it in self.statements if it[0] == Word("action") and len(it) > 2)
        return next((it for it in actions if name and it[1].text == name), ())

    def _relays(self, options: _Options) -> tuple[tuple[Relay, ...], str]:
        """(the relays that it is given, what could not be read of them)."""
        if "domain" in options.tables:
            table = options.tables["domain"]
            if table.entries is None:
                return (), table.name
            fits = (value for key, value in table.entries.items() if Table({key: ""}).has_domain(self.domain))
            names = [next(fits, "")]
        elif "host" in options.tables:
            table = options.tables["host"]
            if table.entries is None:
                return (), table.name
            names = [value or key for key, value in table.entries.items()]
        else:
            return (), ""
        relays = [(name, relay_of(name)) for name in names]
        return tuple(it for _, it in relays if it), next((name for name, it in relays if it is None), "")

    def _sources(self, options: _Options) -> tuple[IPAddress, ...]:
        entries = options.tables["src"].entries if "src" in options.tables else None
        addresses = (literal_of(key.strip("[]")) for key in entries or ())
        return tuple(ip for ip in addresses if ip is not None)

    def _helo(self, options: _Options, sources: tuple[IPAddress, ...]) -> TextFact:
        by_source = options.tables.get("helo-src")
        if by_source is not None:
            named = by_source.entries or {}
            names = {named.get(str(ip), "") for ip in sources}
            name, source = (names.pop() if len(names) == 1 else ""), f"{_CONF} helo-src"
        elif "helo" in options.words:
            name, source = options.words["helo"], f"{_CONF} helo"
        else:
            name, source = self.host, "hostname"
            if self.no_name is not None:
                return TextFact(None, source, self.no_name)
        if not _NAME.fullmatch(name):
            return TextFact(None, source, MtaWhy(MtaReason.NO_HOST if name else MtaReason.NOT_SET, name))
        return TextFact(name, source)

    def _size(self) -> NumberFact:
        source = f"{_CONF} smtp max-message-size"
        head = (Word("smtp"), Word("max-message-size"))
        sizes = [it[2].text for it in self.statements if it[:2] == head and len(it) > 2]
        size = size_of(sizes[-1]) if sizes else _DEFAULT_SIZE
        return NumberFact(size or None, source, None if size else MtaWhy(MtaReason.NO_PLAIN_LIMIT))

    def _route(self, action: Statement, relays: tuple[Relay, ...], unknown: str, options: _Options) -> Route:
        source = f"{_CONF} match"
        if self.unread:
            return Route(HopKind.UNKNOWN, "", source, reason=MtaWhy(MtaReason.LIST_UNREAD, self.unread))
        if self.rule is None:
            return Route(HopKind.REFUSED, "", source, reason=MtaWhy(MtaReason.NO_RULE))
        if not self.rule.is_sure:
            return Route(HopKind.UNKNOWN, self.rule.action, source, reason=MtaWhy(MtaReason.RULE_NOT_SURE))
        name = self.rule.action
        if not name:
            return Route(HopKind.REFUSED, "reject", source, reason=MtaWhy(MtaReason.RULE_REJECTS))
        source = f"{_CONF} action {name}"
        method = action[2].text if action else ""
        if not method:
            return Route(HopKind.UNKNOWN, name, source, reason=MtaWhy(MtaReason.TRANSPORT_NOT_TOLD, name))
        if method != "relay":
            kind = HopKind.LOCAL if method in _LOCAL else HopKind.PROGRAM
            return Route(kind, name, source, reason=MtaWhy(MtaReason.PROGRAM, method))
        if unknown:
            return Route(HopKind.UNKNOWN, name, source, reason=MtaWhy(MtaReason.LIST_UNREAD, unknown))
        if any(relay.scheme == "lmtp" for relay in relays):
            return Route(HopKind.PROGRAM, name, source, reason=MtaWhy(MtaReason.PROGRAM, "LMTP"))
        if not relays:
            return Route(HopKind.MX, name, source)
        logs_in = "auth" in options.tables and all(relay.label for relay in relays)
        return Route(HopKind.RELAY, name, source, tuple(relay.hop for relay in relays), logs_in)


def _address(sources: tuple[IPAddress, ...], family: int) -> AddressFact:
    """The only address of the family; among several it takes turns."""
    own = [ip for ip in sources if ip.version == family]
    if len(own) == 1:
        return AddressFact(own[0], f"{_CONF} src")
    reason = MtaReason.SYSTEM_CHOOSES_AMONG if own else MtaReason.SYSTEM_CHOOSES
    return AddressFact(None, f"{_CONF} src", MtaWhy(reason))


def _tls(options: _Options, relays: tuple[Relay, ...], *, is_relay: bool) -> TlsPolicy:
    """The demand of `tls`, of no-verify behind it, and of the URLs."""
    source = f"{_CONF} tls"
    if not is_relay:
        return TlsPolicy(None, source, reason=MtaWhy(MtaReason.NO_SMTP_TRANSPORT))
    schemes = {relay.scheme for relay in relays} or {"smtp"}
    if len(schemes) > 1 or not schemes <= set(LEVELS):
        return TlsPolicy(None, f"{_CONF} host", reason=MtaWhy(MtaReason.HOSTS_DIFFER))
    scheme = schemes.pop()
    level = LEVELS[scheme]
    if "tls" in options.words and level is TlsLevel.MAY:
        level = TlsLevel.VERIFY
    elif level is not TlsLevel.MAY:
        source = f"{_CONF} host"
    if level is TlsLevel.VERIFY and "no-verify" in options.words:
        level = TlsLevel.ENCRYPT
    names = ("hostname",) if level is TlsLevel.VERIFY else ()
    return TlsPolicy(level, source, names, scheme == "smtps")
