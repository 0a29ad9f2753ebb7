"""Why something is no address: words of a closed vocabulary with their values, and their sentences.

The sentences stand here and not with those of other reasons: `AddressError` is raised, and shown as any
exception is, where no part of the program is at hand that could make them.
"""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import dataclass, fields
from probe._enum import StrEnum


class AddressReason(StrEnum):
    """What of RFC 5321 section 4.1.2, or of the form that an option takes, an address does not keep to."""

    NO_ADDRESS = "no_address"  # nothing was given
    NO_DOMAIN_GIVEN = "no_domain_given"
    NO_IP_GIVEN = "no_ip_given"
    NO_HOST_GIVEN = "no_host_given"
    NO_HOST = "no_host"  # before the port
    LONG_PATH = "long_path"
    URL = "url"
    MAILTO = "mailto"
    WHOLE_ADDRESS = "whole_address"  # where a domain is asked for
    SOURCE_ROUTE = "source_route"
    IN_BRACKETS = "in_brackets"  # with a name before it, as in a header field
    INVISIBLE = "invisible"
    WHITE_SPACE = "white_space"
    NO_LOCAL_PART = "no_local_part"
    NO_AT = "no_at"
    NO_DOMAIN = "no_domain"  # after the @
    LOCAL_FIRST_DOT = "local_first_dot"
    LOCAL_LAST_DOT = "local_last_dot"
    LOCAL_TWO_DOTS = "local_two_dots"
    LOCAL_SPACE = "local_space"
    LOCAL_CHARACTER = "local_character"
    BACKSLASH = "backslash"
    NO_CLOSING_QUOTE = "no_closing_quote"
    NO_AT_AFTER_QUOTE = "no_at_after_quote"
    NO_CLOSING_BRACKET = "no_closing_bracket"
    NOT_IN_BRACKETS = "not_in_brackets"  # what stands there is no address
    NO_LITERAL = "no_literal"
    NO_IP = "no_ip"
    NO_IPV4 = "no_ipv4"
    NO_IPV6 = "no_ipv6"
    NO_IPV6_LITERAL = "no_ipv6_literal"
    NO_IPV6_ENDPOINT = "no_ipv6_endpoint"
    BARE_IPV6 = "bare_ipv6"  # in brackets
    BARE_IPV4 = "bare_ipv4"  # in the place of a domain
    ZONE_INDEX = "zone_index"
    PORT_FORM = "port_form"
    PORT_RANGE = "port_range"
    LONG_DOMAIN = "long_domain"
    ONE_LABEL = "one_label"
    NUMERIC_TOP_LEVEL = "numeric_top_level"
    DOMAIN_FIRST_DOT = "domain_first_dot"
    DOMAIN_LAST_DOT = "domain_last_dot"
    DOMAIN_TWO_DOTS = "domain_two_dots"
    DOMAIN_SPACE = "domain_space"
    DOMAIN_CHARACTER = "domain_character"
    HYPHEN = "hyphen"
    LONG_LABEL = "long_label"
    LONG_U_LABEL = "long_u_label"
    IDNA_CHARACTER = "idna_character"
    IDNA_LABEL = "idna_label"


@dataclass(frozen=True, slots=True)
class AddressWhy:
    """A reason with the values that its sentence names; the others are empty. `text` is a character, a label
    or an address, `code` the code point of a character ("U+00AD"), `octets` a length, `most` a limit."""

    tag: AddressReason
    text: str = ""
    code: str = ""
    octets: int | None = None
    most: int | None = None

    @property
    def words(self) -> str:
        """One clause without a full stop."""
        return WORDS[self.tag].format_map({field.name: getattr(self, field.name) for field in fields(self)})


_R = AddressReason
WORDS: Mapping[AddressReason, str] = {
    _R.NO_ADDRESS: "an address is missing",
    _R.NO_DOMAIN_GIVEN: "a domain is missing",
    _R.NO_IP_GIVEN: "an IP address is missing",
    _R.NO_HOST_GIVEN: "a host is missing",
    _R.NO_HOST: "a host is missing before the port",
    _R.LONG_PATH: "is {octets} octets long, {most} are allowed",
    _R.URL: "is a URL; give the domain alone",
    _R.MAILTO: "give the address without mailto:",
    _R.WHOLE_ADDRESS: "is an address; give only what follows the @",
    _R.SOURCE_ROUTE: "a source route is not accepted; give the last address alone",
    _R.IN_BRACKETS: "give only the address that stands between < and >",
    _R.INVISIBLE: "the invisible character {code} is not allowed",
    _R.WHITE_SPACE: "white space around it is not allowed; give it without",
    _R.NO_LOCAL_PART: "the local part before the @ is missing",
    _R.NO_AT: "there is no @",
    _R.NO_DOMAIN: "the domain after the @ is missing",
    _R.LOCAL_FIRST_DOT: "a local part does not begin with a dot",
    _R.LOCAL_LAST_DOT: "a local part does not end with a dot",
    _R.LOCAL_TWO_DOTS: "two dots in a row are not allowed without quotes",
    _R.LOCAL_SPACE: "a space is not allowed in a local part without quotes",
    _R.LOCAL_CHARACTER: "{text} is not allowed in a local part without quotes",
    _R.BACKSLASH: "only ASCII may follow a backslash",
    _R.NO_CLOSING_QUOTE: "the closing quote is missing",
    _R.NO_AT_AFTER_QUOTE: "an @ must follow the closing quote",
    _R.NO_CLOSING_BRACKET: "the closing ] is missing",
    _R.NOT_IN_BRACKETS: "is not an address in brackets",
    _R.NO_LITERAL: "is no address literal; write [192.0.2.1] or [IPv6:2001:db8::1]",
    _R.NO_IP: "is not an IPv4 or IPv6 address",
    _R.NO_IPV4: "is not an IPv4 address",
    _R.NO_IPV6: "is not an IPv6 address",
    _R.NO_IPV6_LITERAL: "is not an IPv6 address; write [192.0.2.1] for IPv4",
    _R.NO_IPV6_ENDPOINT: "is not an IPv6 address; write [ADDRESS]:PORT",
    _R.BARE_IPV6: "an IPv6 literal is written [IPv6:{text}]",
    _R.BARE_IPV4: "an address in place of a domain is written [{text}]",
    _R.ZONE_INDEX: "a zone index is not allowed",
    _R.PORT_FORM: "a port is written :1 to :65535",
    _R.PORT_RANGE: "a port is a number from 1 to 65535",
    _R.LONG_DOMAIN: "the domain is longer than {most} octets",
    _R.ONE_LABEL: "the domain has only one label; give the full domain name",
    _R.NUMERIC_TOP_LEVEL: "a top-level domain is never all digits",
    _R.DOMAIN_FIRST_DOT: "a domain does not begin with a dot",
    _R.DOMAIN_LAST_DOT: "a domain does not end with a dot",
    _R.DOMAIN_TWO_DOTS: "two dots in a row are not allowed",
    _R.DOMAIN_SPACE: "a space is not allowed in a domain",
    _R.DOMAIN_CHARACTER: "{text} is not allowed in a domain",
    _R.HYPHEN: "a label does not begin or end with a hyphen",
    _R.LONG_LABEL: "a label is longer than {most} octets",
    _R.LONG_U_LABEL: "a label is too long",
    _R.IDNA_CHARACTER: "{text} ({code}) is not allowed in a domain (IDNA 2008)",
    _R.IDNA_LABEL: "the label {text} is not allowed (IDNA 2008)",
}
"""The sentence of each word; fields in braces are those of `AddressWhy`."""
