"""sendmail of this host: which questions to put to it, and how it would send one message.

Asked is its address test, `sendmail -bt`: `$j`, `/parse` with the recipient, `=M`, `/mx`, and the rulesets
try_tls, tls_server and tls_rcpt, which decide on TLS. What no tool prints stands in sendmail.cf: the options
HeloName, ClientPortOptions, MaxMessageSize, CACertFile, CACertPath, FallbackMXhost and FallbackSmartHost, and
whether it logs in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from probe._dataclass import dataclass, replace
from probe.model.address import Mailbox, ReversePath
from probe.model.local_tool import Inquiry, ToolCall, ToolOutput
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import (
    AddressFact,
    FallbackBy,
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
from probe.reading.mta.postfix_values import literal_of
from probe.reading.mta.sendmail_values import (
    Mailer,
    ParsedAddress,
    answers_of,
    hops_of,
    is_error,
    mailers_of,
    option_in,
    options_of,
    pairs_of,
    parsed_of,
    returned_by,
)

# `sendmail` itself comes last: it may be that of another mail server
PROGRAMS = ("sendmail.sendmail", "sendmail-mta", "sendmail")
CONFIGS = ("/etc/mail/sendmail.cf", "/etc/sendmail.cf")
_VERSION = re.compile(r"(?m)\AVersion (8\.\S+)$")
_MX_HOST = re.compile(r"(?m)^\t(\S+)$")
_LOGS_IN = re.compile(r"(?m)^(?:Kauthinfo[ \t]|O[ \t]+DefaultAuthInfo[ \t]*=)")
_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
_NO_LETTER = re.compile(r"[\s$\\]")  # what the address test takes for something of its own
_FAMILIES = {"inet": 4, "inet6": 6}
_MOST_HOSTS = 4  # whose demand of TLS is looked for
_BITS = "256"
_NO_ADDRESS = ".".join("0000")  # of a host whose address is not known here
_PROGRAMS = ("prog", "*file*", "*include*")
# the first goes before the second, which is tried where the first cannot be connected to
_FALLBACKS = (FallbackBy.SENDMAIL_MX, FallbackBy.SENDMAIL_SMART_HOST)
_PARSE = "sendmail -bt /parse"
_TLS = "sendmail -bt tls_server"


def ask_sendmail(sender: ReversePath, recipient: Mailbox, config: str) -> Inquiry[SenderMta | NoSenderMta]:
    """How sendmail would send from `sender` to `recipient`; `config` is the directory or file of a further
    configuration, empty for the main one. A host without a sendmail.cf has none, whatever its program
    `sendmail` is."""
    place = yield from read_configuration(config, "sendmail.cf", CONFIGS)
    if isinstance(place, NoSenderMta):
        return place
    path, text = place
    recipient_text = "" if _NO_LETTER.search(str(recipient)) else str(recipient)
    questions = _route_lines(sender, recipient_text, recipient.domain)
    # the question of whose program it is goes before all others where the name alone does not tell
    calls = [_call(name, path, *questions) for name in PROGRAMS[:-1]] + [_call(PROGRAMS[-1], path)]
    outputs = yield tuple(calls)
    named = ((name, it, _VERSION.search(it.text)) for name, it in zip(PROGRAMS, outputs, strict=True))
    identity = next(((name, it, match[1]) for name, it, match in named if match is not None), None)
    if identity is None:
        late = next((it for it in outputs if not it.is_missing and it.exit_code is None), None)
        if late is not None:
            return _no_answer(late)
        return NoSenderMta(MtaWhy(MtaReason.NO_PROGRAM, "sendmail"))
    program, output, version = identity
    if program == PROGRAMS[-1]:
        (output,) = yield (_call(program, path, *questions),)
        if output.exit_code is None:
            return _no_answer(output)
    can_tls = "STARTTLS" in output.text
    name, mailers, _, parse_answer, mx_answer = (*answers_of(output.text), *[""] * len(questions))[
        : len(questions)
    ]
    answer = parsed_of(parse_answer) if recipient_text else None
    options = options_of(text)
    logs_in = _LOGS_IN.search(text) is not None
    reading = _Reading(recipient, options, name, answer, mailers_of(mailers), logs_in)
    route = reading.route(output)
    test = _TlsTest(program, path, recipient_text, reading)
    tls = yield from test.policy(route, tuple(_MX_HOST.findall(mx_answer)), can_tls=can_tls)
    policies = []
    for hop in route.fallback:
        onward = Route(HopKind.RELAY, route.transport, route.source, (hop,))
        policies.append((yield from test.policy(onward, (), can_tls=can_tls)))
    route = replace(route, fallback_tls=tuple(policies))
    return SenderMta(
        software=MtaSoftware.SENDMAIL,
        version=version,
        config=path,
        helo=reading.helo(),
        source_v4=reading.address(4),
        source_v6=reading.address(6),
        families=Families((4, 6), None, "sendmail.cf ResolverOptions"),
        route=route,
        tls=tls,
        size_limit=reading.size(),
    )


def _no_answer(output: ToolOutput) -> NoSenderMta:
    why = MtaWhy(MtaReason.TOOL_FAILED, "sendmail -bt", failure=output.why)
    return NoSenderMta(why, MtaSoftware.SENDMAIL)


def _call(program: str, path: str, *lines: str) -> ToolCall:
    return ToolCall(program, ("-C", path, "-d0.1", "-bt"), "".join(f"{line}\n" for line in lines))


def _route_lines(sender: ReversePath, recipient: str, domain: str) -> tuple[str, ...]:
    """The questions: its name, its mailers, where the recipient goes, the MX hosts of the domain."""
    own = str(sender) if isinstance(sender, Mailbox) else "<>"
    sender_macro = ".Df" if _NO_LETTER.search(own) else f".Df{own}"
    return ("$j", "=M", sender_macro, f"/parse {recipient}", f"/mx {domain}")


@dataclass(frozen=True, slots=True)
class _TlsTest:
    """The questions on what the rulesets demand of TLS."""

    program: str
    path: str
    recipient: str
    reading: _Reading

    def policy(self, route: Route, mx_hosts: tuple[str, ...], *, can_tls: bool) -> Inquiry[TlsPolicy]:
        """What they demand of the hosts of the route, as far as those are known; `mx_hosts` are those of the
        recipient's domain."""
        if route.kind not in (HopKind.MX, HopKind.RELAY):
            return TlsPolicy(None, _TLS, reason=MtaWhy(MtaReason.NO_SMTP_TRANSPORT))
        if not can_tls or self.reading.is_kept_plain:
            where = "sendmail.cf ClientPortOptions" if can_tls else "sendmail -d0.1"
            return TlsPolicy(TlsLevel.NONE, where)
        hosts = [hop.host for hop in route.hops if not hop.by_mx]
        domains = [hop.host for hop in route.hops if hop.by_mx]
        if route.kind is HopKind.MX:
            hosts = list(mx_hosts or (self.reading.recipient.domain,))
        elif domains:
            (output,) = yield (_call(self.program, self.path, *(f"/mx {domain}" for domain in domains)),)
            if output.exit_code is None:
                return TlsPolicy(None, _TLS, reason=MtaWhy(MtaReason.NO_ANSWER, failure=output.why))
            hosts += _MX_HOST.findall(output.text) or domains
        names = list(dict.fromkeys(host.rstrip(".").lower() for host in hosts))[:_MOST_HOSTS]
        outputs = yield tuple(
            _call(self.program, self.path, *_tls_lines(host, self.recipient)) for host in names
        )
        failure = next((it for it in outputs if it.exit_code is None), None)
        if failure is not None:
            return TlsPolicy(None, _TLS, reason=MtaWhy(MtaReason.NO_ANSWER, failure=failure.why))
        levels = {_level(output.text) for output in outputs}
        if len(levels) > 1:
            return TlsPolicy(None, _TLS, reason=MtaWhy(MtaReason.HOSTS_DIFFER))
        level = levels.pop()
        if level is None:
            return TlsPolicy(None, _TLS, reason=MtaWhy(MtaReason.CERTIFICATE_NOT_TOLD))
        roots = self.reading.roots if level is TlsLevel.VERIFY else None
        return TlsPolicy(level, _TLS, roots=roots, falls_back=self.reading.falls_back)


def _tls_lines(host: str, recipient: str) -> tuple[str, ...]:
    """The questions on TLS with one host: without it, with a certificate that nobody vouches for, with one
    that an authority does."""
    ip = literal_of(host)
    lines = [f".D{{server_name}}{host}", f".D{{server_addr}}{ip or _NO_ADDRESS}", "try_tls x"]
    for result, bits in (("NONE", "0"), ("FAIL", _BITS), ("OK", _BITS)):
        lines += [f".D{{verify}}{result}", f".D{{cipher_bits}}{bits}", f"tls_server {result}"]
        lines.append(f"tls_rcpt {recipient}" if recipient else "tls_rcpt x")
    return tuple(lines)


def _level(text: str) -> TlsLevel | None:
    """The level that the answers to `_tls_lines` come to; None where even a certificate that an authority
    vouches for is not enough."""
    answers = (*answers_of(text), *([""] * 15))
    if is_error(returned_by(answers[2], "try_tls")):
        return TlsLevel.NONE
    without, unknown, trusted = (
        is_error(returned_by(answers[place], "tls_server"))
        or is_error(returned_by(answers[place + 1], "tls_rcpt"))
        for place in (5, 9, 13)
    )
    if trusted:
        return None
    return TlsLevel.VERIFY if unknown else TlsLevel.ENCRYPT if without else TlsLevel.MAY


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the address test and sendmail.cf say, to be put together."""

    recipient: Mailbox
    options: Mapping[str, tuple[str, ...]]
    name: str
    answer: ParsedAddress | None
    mailers: Mapping[str, Mailer]
    logs_in: bool

    def _ports(self) -> dict[int, dict[str, str]]:
        """ClientPortOptions by family, IPv4 where it names none."""
        items = map(pairs_of, self.options.get("clientportoptions", ()))
        return {_FAMILIES.get(it.get("F", "inet").lower(), 4): it for it in items}

    @property
    def is_kept_plain(self) -> bool:
        """Whether it is told to leave STARTTLS alone."""
        return any("S" in it.get("M", "") for it in self._ports().values())

    @property
    def falls_back(self) -> bool:
        """Whether mail goes on without TLS after a handshake that failed."""
        return option_in(self.options, "TLSFallbacktoClear").lower()[:1] in ("t", "y")

    @property
    def roots(self) -> str:
        """The authorities that it trusts: none unless both of the options are set (seen with 8.17)."""
        file, directory = option_in(self.options, "CACertFile"), option_in(self.options, "CACertPath")
        return file if file and directory else ""

    def helo(self) -> TextFact:
        """HeloName, or `$j`."""
        if any("h" in it.get("M", "") for it in self._ports().values()):
            why = MtaWhy(MtaReason.NAME_OF_INTERFACE)
            return TextFact(None, "sendmail.cf ClientPortOptions", why)
        own_name = option_in(self.options, "HeloName")
        name, source = (own_name, "sendmail.cf HeloName") if own_name else (self.name, "sendmail -bt $j")
        if not _NAME.fullmatch(name):
            return TextFact(None, source, MtaWhy(MtaReason.NO_HOST if name else MtaReason.NOT_SET, name))
        return TextFact(name, source)

    def address(self, family: int) -> AddressFact:
        """Addr of ClientPortOptions."""
        source, text = "sendmail.cf ClientPortOptions", self._ports().get(family, {}).get("A", "")
        if not text:
            return AddressFact(None, source, MtaWhy(MtaReason.SYSTEM_CHOOSES))
        ip = literal_of(text.strip("[]"))
        if ip is None:
            return AddressFact(None, source, MtaWhy(MtaReason.NOT_LOOKED_UP, text))
        if ip.version != family:
            return AddressFact(None, source, MtaWhy(MtaReason.NO_ADDRESS, text, family=family))
        return AddressFact(ip, source)

    def size(self) -> NumberFact:
        """MaxMessageSize, or what the mailer takes, if that is less."""
        text = option_in(self.options, "MaxMessageSize")
        most = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        mailer = self.mailers.get(self.answer.mailer) if self.answer is not None else None
        if mailer is not None and mailer.most and (not most or mailer.most < most):
            return NumberFact(mailer.most, "sendmail -bt =M")
        reason = None if most else MtaWhy(MtaReason.NO_LIMIT)
        return NumberFact(most or None, "sendmail.cf MaxMessageSize", reason)

    def route(self, output: ToolOutput) -> Route:
        """What the mailer that was chosen does with it."""
        answer = self.answer
        if answer is None:
            why = MtaWhy(MtaReason.NO_ROUTE, _PARSE)
            if output.exit_code is None:
                why = MtaWhy(MtaReason.NO_ANSWER, failure=output.why)
            return Route(HopKind.UNKNOWN, "", _PARSE, reason=why)
        source = f"{_PARSE}: mailer {answer.mailer}"
        if answer.mailer == "*error*":
            kind = HopKind.DEFERRED if answer.is_transient else HopKind.REFUSED
            words = MtaWhy(MtaReason.OWN_WORDS, text=answer.user) if answer.user else None
            return Route(kind, "error", source, reason=words or MtaWhy(MtaReason.NO_REASON))
        mailer = self.mailers.get(answer.mailer)
        if answer.mailer == "discard":
            return Route(HopKind.DISCARDED, answer.mailer, source)
        if mailer is None:
            why = MtaWhy(MtaReason.TRANSPORT_NOT_TOLD, answer.mailer)
            return Route(HopKind.UNKNOWN, answer.mailer, source, reason=why)
        if not mailer.is_smtp:
            is_local = "l" in mailer.flags and answer.mailer not in _PROGRAMS
            reason = None if is_local else MtaWhy(MtaReason.PROGRAM, answer.mailer)
            kind = HopKind.LOCAL if is_local else HopKind.PROGRAM
            return Route(kind, answer.mailer, source, reason=reason)
        return self._over_smtp(answer, mailer, source)

    def _over_smtp(self, answer: ParsedAddress, mailer: Mailer, source: str) -> Route:
        if answer.user.rstrip(".").lower() != str(self.recipient).lower():
            why = MtaWhy(MtaReason.SENT_ON, answer.user)
            return Route(HopKind.UNKNOWN, answer.mailer, source, reason=why)
        port = mailer.port
        hops = hops_of(answer.host, port) if port is not None else ()
        if not hops:
            why = MtaWhy(MtaReason.NO_SERVER, answer.host or answer.mailer)
            return Route(HopKind.UNKNOWN, answer.mailer, source, reason=why)
        first = hops[0]
        kind = HopKind.RELAY
        if len(hops) == 1 and first.by_mx and first.port == 25 and first.host == self.recipient.domain:
            kind, hops = HopKind.MX, ()
        settings = ((it, option_in(self.options, it.value)) for it in _FALLBACKS)
        by, hosts = next((it for it in settings if it[1]), (None, ""))
        onward = hops_of(hosts, port or 25) if "$" not in hosts else ()
        return Route(
            kind,
            answer.mailer,
            source,
            hops,
            self.logs_in,
            fallback=onward,
            fallback_by=by if onward else None,
        )
