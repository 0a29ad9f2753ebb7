"""The local Postfix: which of its tools to run, and how it would send one message.

Only postconf(1) and postmap(1) are run: for the parameters of main.cf and the services of master.cf; the
tables that change an address; those for the route; the parameters that the chosen service overrides; the
tables of TLS policies and of mailboxes. What is not set costs no round.
"""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import dataclass, replace
from probe.model.address import Mailbox, ReversePath
from probe.model.local_tool import FileCall, Inquiry, ToolCall, ToolOutput, ToolWhy
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import (
    AddressFact,
    FallbackBy,
    Hop,
    HopKind,
    MtaSoftware,
    NoSenderMta,
    NumberFact,
    Route,
    SenderMta,
    TextFact,
    TlsPolicy,
)
from probe.reading.mta.postfix_client import (
    CLIENT,
    address_of,
    families_of,
    helo_of,
    own_addresses_of,
    policy_keys,
    source_of,
    tls_of,
)
from probe.reading.mta.postfix_envelope import READDRESSING, Readdressed, readdress, readdress_at_last
from probe.reading.mta.postfix_mailbox import MAILBOXES, missing_mailbox
from probe.reading.mta.postfix_route import DOMAIN_LISTS, ROUTING, Envelope, ResolvedRoute, Routing
from probe.reading.mta.postfix_tables import look_up, with_files
from probe.reading.mta.postfix_values import (
    TableEntries,
    commands_of,
    hops_of,
    override_names,
    override_of,
    overrides_of,
    settings_of,
    tables_of,
    words_of,
)

_ABOUT = ("mail_version", "config_directory", "message_size_limit", "multi_instance_directories")
_LIMITS = ("soft_bounce", "defer_transports", "proxy_interfaces")
_CONTENT_FILTER = "content_filter"
_FALLBACK = "smtp_fallback_relay"
_OF_TLS = frozenset(name for name in CLIENT if "tls" in name) | {"smtp_dns_support_level", "smtp_host_lookup"}
_NAMES = tuple(
    dict.fromkeys((*_ABOUT, *ROUTING, *CLIENT, *READDRESSING, *MAILBOXES, *_LIMITS, _CONTENT_FILTER))
)
_DIRECTORIES = ("/etc/postfix", "/usr/local/etc/postfix", "/opt/local/etc/postfix", "/usr/pkg/etc/postfix")
_KINDS = {
    "smtp": HopKind.RELAY,
    "local": HopKind.LOCAL,
    "virtual": HopKind.LOCAL,
    "error": HopKind.REFUSED,
    "discard": HopKind.DISCARDED,
}


def ask_postfix(sender: ReversePath, recipient: Mailbox, config: str) -> Inquiry[SenderMta | NoSenderMta]:
    """How Postfix would send from `sender` to `recipient`; `config` is the directory of another instance,
    empty for the main one. Ends with `NoSenderMta` where there is none that tells its parameters."""
    where = ("-c", config) if config else ()
    if not config and (yield from _is_not_configured()):
        return NoSenderMta(MtaWhy(MtaReason.NOT_CONFIGURED))
    main, services, overrides = yield (
        ToolCall("postconf", (*where, "-x", *_NAMES)),
        ToolCall("postconf", (*where, "-M")),
        ToolCall("postconf", (*where, "-P")),
    )
    if main.is_missing:
        return NoSenderMta(MtaWhy(MtaReason.NO_PROGRAM, "postconf"))
    values = settings_of(main.text)
    if "main.cf: No such file" in main.errors and not config:
        return NoSenderMta(MtaWhy(MtaReason.NOT_CONFIGURED))
    if not main.is_usable or "mail_version" not in values:
        return _no_parameters(main.why)
    if not overrides.is_usable:
        return _no_parameters(overrides.why)  # any parameter of the client may have another value
    reverse_path = str(sender).lower() if isinstance(sender, Mailbox) else ""
    before = Envelope(reverse_path, str(recipient).lower())
    values, list_failure = yield from with_files(values, DOMAIN_LISTS)
    leaving = yield from readdress(where, values, before)
    routing = Routing(values, leaving.envelope)
    entries, why = yield from look_up(where, dict(routing.questions()))
    route, programs = routing.resolved(entries), commands_of(services.text)
    program = programs.get(route.transport, "")
    missing = yield from missing_mailbox(where, values, route, program, routing.envelope)
    client = yield from _client(where, values, overrides_of(overrides.text, route.transport))
    if isinstance(client, ToolWhy):
        return _no_parameters(client)
    leaving = yield from readdress_at_last(where, values, client, leaving)
    nexthops = (route.nexthop, *words_of(client.get(_FALLBACK, "")))
    keys = tuple(dict.fromkeys(key for nexthop in nexthops for key in policy_keys(nexthop)))
    policies = dict.fromkeys(tables_of(client["smtp_tls_policy_maps"]), keys)
    levels, unread = yield from look_up(where, policies)
    content = yield from _content_filter(where, values, overrides.text)
    unknown = leaving.unread or why or list_failure or _services_unread(services)
    per_service = override_names(overrides.text) if unknown is not None else frozenset[str]()
    reading = _Reading(
        *(values, client, route, programs, levels, config, before, leaving, missing, content),
        *(unknown, unread, per_service),
    )
    return reading.mta()


def _services_unread(services: ToolOutput) -> MtaWhy | None:
    return None if services.is_usable else MtaWhy(MtaReason.TOOL_FAILED, "postconf -M", failure=services.why)


def _content_filter(
    where: tuple[str, ...], values: Mapping[str, str], overrides: str
) -> Inquiry[TextFact | None]:
    """What mail is handed to before it is sent on: content_filter of main.cf, or of a service that mail comes
    in by (FILTER_README)."""
    if value := values.get(_CONTENT_FILTER, ""):
        return TextFact(value, f"postconf {_CONTENT_FILTER}")
    service, value = override_of(overrides, _CONTENT_FILTER)
    if "$" in value:
        (output,) = yield (ToolCall("postconf", (*where, "-x", "-P")),)
        service, value = override_of(output.text, _CONTENT_FILTER) if output.is_usable else (service, value)
    return TextFact(value, f"postconf -P {service}/{_CONTENT_FILTER}") if value else None


def _is_not_configured() -> Inquiry[bool]:
    """Whether there is a Postfix without its main.cf. Its tools say so, too, but wait a second before they
    end."""
    files = yield tuple(FileCall(f"{directory}/main.cf") for directory in _DIRECTORIES)
    if not all(file.is_absent for file in files):
        return False
    (default,) = yield (ToolCall("postconf", ("-d", "-h", "config_directory")),)
    return default.text.strip() in _DIRECTORIES


def _no_parameters(failure: ToolWhy) -> NoSenderMta:
    return NoSenderMta(MtaWhy(MtaReason.TOOL_FAILED, "postconf", failure=failure), MtaSoftware.POSTFIX)


def _client(
    where: tuple[str, ...], values: Mapping[str, str], overrides: tuple[tuple[str, str], ...]
) -> Inquiry[dict[str, str] | ToolWhy]:
    """The parameters of the client, with what master.cf overrides for it; overridden ones are also under
    their name with the prefix `-o `. And why they cannot be read, if Postfix itself fails."""
    plain = {name: values.get(name, "") for name in CLIENT}
    if not overrides:
        return plain
    words = tuple(word for name, value in overrides for word in ("-o", f"{name}={value}"))
    (output,) = yield (ToolCall("postconf", (*where, "-x", *words, *CLIENT)),)
    if not output.is_usable:
        return output.why
    plain.update(settings_of(output.text))
    return plain | {f"-o {name}": value for name, value in overrides}


@dataclass(frozen=True, slots=True)
class _Reading:
    """Collects the output of Postfix' tools. `unknown`: why the route is not known; `unread`: why the TLS
    policy is not; `per_service`: the parameters that depend on a route that is not known, as a service
    overrides them."""

    values: Mapping[str, str]
    client: Mapping[str, str]
    route: ResolvedRoute
    commands: Mapping[str, str]
    levels: TableEntries
    config: str
    before: Envelope
    leaving: Readdressed
    missing_mailbox: MtaWhy | None
    content_filter: TextFact | None
    unknown: MtaWhy | None
    unread: MtaWhy | None
    per_service: frozenset[str]

    def mta(self) -> SenderMta:
        """All of it."""
        client = self.client
        return SenderMta(
            software=MtaSoftware.POSTFIX,
            version=self.values["mail_version"],
            config=self.values.get("config_directory", self.config),
            helo=self._helo(),
            source_v4=self._address(4, "smtp_bind_address"),
            source_v6=self._address(6, "smtp_bind_address6"),
            families=families_of(client),
            route=self._route(),
            tls=self._tls(self.route.nexthop),
            size_limit=self._size(),
            instances=words_of(self.values.get("multi_instance_directories", "")),
            waits_at_greeting=client.get("smtp_skip_5xx_greeting") == "yes",
            sends_from=self._sender(),
            sends_to=_change(
                self.before.recipient, self.leaving.envelope.recipient, self.leaving.recipient_by
            ),
            own=own_addresses_of(client, self.values),
            waits_at_refusal=self.values.get("soft_bounce") == "yes",
            content_filter=self.content_filter,
            reply_filter=self._of_client("smtp_reply_filter"),
            status_filter=self._of_client("smtp_delivery_status_filter"),
        )

    def _sender(self) -> TextFact | None:
        if (unread := self.leaving.sender_unread) is not None:
            return TextFact(None, "postmap -q", unread)
        return _change(self.before.sender, self.leaving.envelope.sender, self.leaving.sender_by)

    def _of_client(self, name: str) -> TextFact | None:
        value = self.client.get(name, "")
        return TextFact(value, self._source(name)) if value else None

    def _source(self, name: str) -> str:
        overridden = {key.removeprefix("-o "): "" for key in self.client if key.startswith("-o ")}
        return source_of(name, self.route.transport, overridden)

    def _helo(self) -> TextFact:
        source = self._source("smtp_helo_name")
        if self.per_service & {"smtp_helo_name", "myhostname"}:
            return TextFact(None, source, self.unknown)
        return helo_of(self.client, source)

    def _address(self, family: int, name: str) -> AddressFact:
        source = self._source(name)
        if self.per_service & {name, "inet_interfaces"}:
            return AddressFact(None, source, self.unknown)
        return address_of(self.client, family, source)

    def _tls(self, nexthop: str) -> TlsPolicy:
        if self.unread is not None:
            return TlsPolicy(None, "postconf smtp_tls_policy_maps", reason=self.unread)
        by_next_hop = self.unknown is not None and bool(self.client["smtp_tls_policy_maps"])
        if by_next_hop or self.per_service & _OF_TLS:
            return TlsPolicy(None, self._source("smtp_tls_security_level"), reason=self.unknown)
        source = self._source("smtp_tls_security_level")
        return tls_of(self.client, nexthop, self.levels, source)

    def _size(self) -> NumberFact:
        text = self.values.get("message_size_limit", "")
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        reason = None if value else MtaWhy(MtaReason.NO_LIMIT)
        return NumberFact(value or None, "postconf message_size_limit", reason)

    def _route(self) -> Route:
        fallback = self.client.get(_FALLBACK, "")
        route = self._first_route()
        hops = self._hops(fallback)
        if route.kind not in (HopKind.MX, HopKind.RELAY) or not hops:
            return route
        policies = tuple(self._tls(nexthop) for nexthop in words_of(fallback))
        return replace(route, fallback=hops, fallback_by=FallbackBy.POSTFIX, fallback_tls=policies)

    def _hops(self, nexthops: str) -> tuple[Hop, ...]:
        port = self.client.get("smtp_tcp_port", "")
        hops = hops_of(nexthops, int(port) if port.isascii() and port.isdigit() else 25)
        if self._asks_no_dns():
            return tuple(replace(it, by_mx=False) for it in hops)
        return hops

    def _first_route(self) -> Route:
        route = self.route
        source = "postconf " + ", ".join(route.sources)
        if self.unknown is not None:
            return Route(HopKind.UNKNOWN, route.transport, source, reason=self.unknown)
        if self.leaving.is_cut:
            return Route(HopKind.UNKNOWN, route.transport, source, reason=MtaWhy(MtaReason.VIRTUAL_ALIASES))
        if self.leaving.others:
            names = ", ".join((self.leaving.envelope.recipient, *self.leaving.others))
            sent_on = MtaWhy(MtaReason.SENT_ON, names)
            return Route(HopKind.UNKNOWN, route.transport, source, reason=sent_on)
        if self.missing_mailbox is not None:
            return Route(HopKind.REFUSED, route.transport, source, reason=self.missing_mailbox)
        if route.transport in words_of(self.values.get("defer_transports", "")):
            put_off = MtaWhy(MtaReason.TRANSPORT_PUT_OFF, route.transport)
            return Route(HopKind.DEFERRED, route.transport, source, reason=put_off)
        command = self.commands.get(route.transport)
        if command is None:
            no_service = MtaWhy(MtaReason.NO_SERVICE, route.transport)
            return Route(HopKind.DEFERRED, route.transport, source, reason=no_service)
        kind = _KINDS.get(command, HopKind.PROGRAM)
        if kind is HopKind.REFUSED and route.transport == "retry":
            kind = HopKind.DEFERRED  # one program for both services; its name decides (error(8))
        if kind is HopKind.RELAY:
            return self._over_smtp(source)
        return Route(kind, route.transport, source, reason=self._reason(kind, command))

    def _reason(self, kind: HopKind, command: str) -> MtaWhy | None:
        """What the program of the service is, or the words that it is given for the sender."""
        if kind is HopKind.PROGRAM:
            return MtaWhy(MtaReason.PROGRAM, command)
        says_why = kind in (HopKind.REFUSED, HopKind.DEFERRED, HopKind.DISCARDED)
        text = self.route.nexthop if says_why else ""
        return MtaWhy(MtaReason.OWN_WORDS, text=text) if text else None

    def _over_smtp(self, source: str) -> Route:
        route = self.route
        hops = self._hops(route.nexthop)
        if not hops:
            reason = MtaWhy(MtaReason.NO_SERVER, route.nexthop)
            return Route(HopKind.UNKNOWN, route.transport, source, reason=reason)
        logs_in = self.client.get("smtp_sasl_auth_enable") == "yes"
        domain = route.nexthop.lower()
        if hops == (Hop(domain, 25, True),) and domain == self.before.domain:
            return Route(HopKind.MX, route.transport, source, (), logs_in)
        return Route(HopKind.RELAY, route.transport, source, hops, logs_in)

    def _asks_no_dns(self) -> bool:
        level = self.client.get("smtp_dns_support_level", "")
        return level == "disabled" or (not level and self.client.get("disable_dns_lookups") == "yes")


def _change(before: str, after: str, by: str) -> TextFact | None:
    """The address that leaves instead of the one that was given; None if it is the same."""
    return TextFact(after, f"postconf {by}") if after != before else None
