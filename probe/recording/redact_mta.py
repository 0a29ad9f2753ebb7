"""The facts of the local mail server in a redacted recording."""

from __future__ import annotations

from collections.abc import Callable

from probe._dataclass import replace
from probe.model.address import AddressError, IPAddress
from probe.model.address_parse import parse_mailbox
from probe.model.mta_reason import MtaWhy
from probe.model.sender_mta import AddressFact, Hop, SenderMta, TextFact, TlsPolicy
from probe.recording.pseudonyms import Pseudonyms


class MtaRedactor:
    """Replaces names and addresses in the facts of a mail server; `text` redacts foreign words."""

    def __init__(self, pseudonyms: Pseudonyms, text: Callable[[str], str]) -> None:
        self._names = pseudonyms
        self._text = text

    def mta(self, mta: SenderMta) -> SenderMta:
        """The facts; paths are removed, because they may contain names."""
        route = mta.route
        return replace(
            mta,
            config="",
            instances=(),
            helo=self._name(mta.helo),
            sends_from=self._mailbox(mta.sends_from),
            sends_to=self._mailbox(mta.sends_to),
            content_filter=self._without_value(mta.content_filter),
            reply_filter=self._without_value(mta.reply_filter),
            status_filter=self._without_value(mta.status_filter),
            own=replace(mta.own, addresses=self._addresses(mta.own.addresses)),
            source_v4=self._address(mta.source_v4),
            source_v6=self._address(mta.source_v6),
            families=replace(mta.families, source=self._source(mta.families.source)),
            route=replace(
                route,
                source=self._source(route.source),
                hops=tuple(map(self._hop, route.hops)),
                fallback=tuple(map(self._hop, route.fallback)),
                fallback_tls=tuple(map(self._policy, route.fallback_tls)),
                transport=self._text(route.transport),
                reason=self.reason(route.reason),
            ),
            tls=self._policy(mta.tls),
        )

    def _policy(self, policy: TlsPolicy) -> TlsPolicy:
        return replace(
            policy,
            source=self._source(policy.source),
            names=tuple(map(self._text, policy.names)),
            reason=self.reason(policy.reason),
            roots=policy.roots and None,  # keeps whether there are none, but not the path
        )

    def _hop(self, hop: Hop) -> Hop:
        return replace(hop, host=self._names.host(hop.host), addresses=self._addresses(hop.addresses))

    def _addresses(self, ips: tuple[IPAddress, ...]) -> tuple[IPAddress, ...]:
        return tuple(map(self._names.address, ips))

    def _address(self, fact: AddressFact) -> AddressFact:
        value = self._names.address(fact.value) if fact.value is not None else None
        return replace(fact, value=value, source=self._source(fact.source), reason=None)

    def _mailbox(self, fact: TextFact | None) -> TextFact | None:
        if fact is None or fact.value is None:
            return fact and replace(fact, source=self._source(fact.source), reason=self.reason(fact.reason))
        try:
            return replace(fact, value=str(self._names.mailbox(parse_mailbox(fact.value))))
        except AddressError:
            return replace(fact, value=self._text(fact.value))

    def _name(self, fact: TextFact) -> TextFact:
        value = self._names.host(fact.value) if fact.value is not None else None
        return replace(fact, value=value, source=self._source(fact.source), reason=self.reason(fact.reason))

    def reason(self, reason: MtaWhy | None) -> MtaWhy | None:
        """Its values: what the configuration names, and a tool's words, as any text."""
        if reason is None:
            return None
        text, failure = self._text, reason.failure
        if failure is not None:
            failure = replace(failure, path=text(failure.path), text=text(failure.text))
        return replace(reason, name=text(reason.name), failure=failure, text=text(reason.text))

    def _without_value(self, fact: TextFact | None) -> TextFact | None:
        """That it is set, without the path or the host that it names."""
        return replace(fact, value="", source=self._source(fact.source)) if fact is not None else None

    def _source(self, source: str) -> str:
        """What told a fact. A service of master.cf has the name or address at which it listens, or that it
        sends from; other sources name no host, though `sendmail.cf` looks like one."""
        return self._text(source) if source.startswith("postconf -P ") else source
