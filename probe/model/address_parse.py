"""Reading of mailboxes, domains, addresses and endpoints that a person typed (RFC 5321 section 4.1.2).

Every refusal is an `AddressError` that knows the character at which the text goes wrong.
"""

from __future__ import annotations

import unicodedata
from ipaddress import IPv4Address, IPv6Address

from probe._regex import regex
from probe.model.address import AddressError, IPAddress, Mailbox, NullReversePath, ReversePath
from probe.model.address_reason import AddressReason
from probe.model.endpoint import Endpoint
from probe.model.text import printable

DOMAIN_LIMIT = 253  # octets; RFC 5321 section 4.5.3.1.2 says 255, which in DNS counts length octets and root
PATH_LIMIT = 254  # octets; RFC 5321 section 4.5.3.1.3 says 256 with the angle brackets
LABEL_LIMIT = 63  # octets, RFC 1035 section 2.3.4
_EXCERPT_LENGTH = 100  # characters of a wrong address that an error line repeats

_ATEXT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~")
_LDH = regex(r"[a-z0-9-]*")
_DOTS = regex("[.\u3002\uff0e\uff61]")  # RFC 5895 section 2.4: dots of East Asian keyboards
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DOTTED_QUAD = regex(r"\d{1,3}(?:\.\d{1,3}){3}")


def parse_mailbox(text: str) -> Mailbox:
    """Read `local-part@domain` or `local-part@[literal]`, nothing around it.

    The local part stays as typed; the domain becomes A-labels (IDNA 2008). Raises AddressError.
    """
    if not text:
        raise AddressError(text, 0, AddressReason.NO_ADDRESS)
    _refuse_unseen(text)
    _refuse_wrapping(text)
    end = _local_part_end(text)
    start = end + 1
    domain, canonical, literal = _domain_or_literal(text, start)
    octets = len(text[:start].encode()) + len(domain)
    if octets > PATH_LIMIT:
        raise AddressError(text, len(text), AddressReason.LONG_PATH, octets=octets, most=PATH_LIMIT)
    return Mailbox(text[:end], domain, canonical, literal)


def parse_reverse_path(text: str) -> ReversePath:
    """Read a MAIL FROM path: a mailbox, `<mailbox>`, or the null reverse-path `<>`.

    Raises AddressError; positions count in `text` as it was given.
    """
    if text == "<>":
        return NullReversePath()
    if not (text.startswith("<") and text.endswith(">")):
        return parse_mailbox(text)
    try:
        return parse_mailbox(text[1:-1])
    except AddressError as error:
        raise error.within(text, 1) from None


def parse_domain(text: str) -> tuple[str, str]:
    """Read a domain (or address literal) to its A-label form and the form a person reads.

    Raises AddressError.
    """
    if not text:
        raise AddressError(text, 0, AddressReason.NO_DOMAIN_GIVEN)
    _refuse_unseen(text)
    if "://" in text:
        raise AddressError(text, text.index("://"), AddressReason.URL)
    if "@" in text:
        raise AddressError(text, text.index("@"), AddressReason.WHOLE_ADDRESS)
    domain, canonical, _ = _domain_or_literal(text, 0)
    return domain, canonical


def parse_ip(text: str) -> IPAddress:
    """Read an IPv4 or IPv6 address, without brackets, port or zone index. Raises AddressError."""
    _refuse_unseen(text)
    if not text:
        raise AddressError(text, 0, AddressReason.NO_IP_GIVEN)
    return _ip(text, 0, text, AddressReason.NO_IP)


def parse_endpoint(text: str, default_port: int) -> Endpoint:
    """Read `HOST`, `HOST:PORT`, `IPV4:PORT`, `[IPV6]:PORT`, or a bare IPv6 address.

    The host comes out as A-labels or as an address in its canonical form. Raises AddressError.
    """
    _refuse_unseen(text)
    if not text:
        raise AddressError(text, 0, AddressReason.NO_HOST_GIVEN)
    if text.startswith("["):
        close = text.find("]")
        if close < 0:
            raise AddressError(text, len(text), AddressReason.NO_CLOSING_BRACKET)
        address = _ip(text[1:close], 1, text, AddressReason.NOT_IN_BRACKETS)
        return Endpoint(str(address), _port(text, close + 1, default_port))
    if text.count(":") > 1:
        return Endpoint(str(_ip(text, 0, text, AddressReason.NO_IPV6_ENDPOINT)), default_port)
    host, colon, _ = text.partition(":")
    port = _port(text, len(host), default_port) if colon else default_port
    if not host:
        raise AddressError(text, 0, AddressReason.NO_HOST)
    if _DOTTED_QUAD.fullmatch(host):
        return Endpoint(str(_ip(host, 0, text, AddressReason.NO_IPV4)), port)
    name, _ = _domain_name(text, 0, len(host), single_label=True)
    return Endpoint(name, port)


def describe(error: AddressError) -> str:
    """One line for a terminal: the address, what is wrong, and the place between marks."""
    text, at = error.address, min(error.position, len(error.address))
    first = max(0, at - _EXCERPT_LENGTH // 2)
    last = min(len(text), at + _EXCERPT_LENGTH // 2)
    before = ("…" if first else "") + printable(text[first:at])
    after = printable(text[at + 1 : last]) + ("…" if last < len(text) else "")
    whole = printable(text if len(text) <= _EXCERPT_LENGTH else text[:_EXCERPT_LENGTH] + "…")
    place = f"(character {at + 1}): {before}⟦{printable(text[at : at + 1])}⟧{after}"
    return f"{whole or '(empty)'}: {error.reason} {place}"


def _refuse_unseen(text: str) -> None:
    """Controls, line breaks, bidi and zero-width characters: they are smuggled or pasted by mistake."""
    for position, char in enumerate(text):
        if unicodedata.category(char) in _UNSEEN:
            raise AddressError(text, position, AddressReason.INVISIBLE, code=f"U+{ord(char):04X}")
    for position in (0, len(text) - 1):
        if text and text[position].isspace():
            raise AddressError(text, position, AddressReason.WHITE_SPACE)


def _refuse_wrapping(text: str) -> None:
    if text[:7].lower() == "mailto:":
        raise AddressError(text, 0, AddressReason.MAILTO)
    if text.startswith("@"):
        raise AddressError(
            text, 0, AddressReason.SOURCE_ROUTE if ":" in text else AddressReason.NO_LOCAL_PART
        )
    opening = text.find("<")
    if opening >= 0 and text.endswith(">"):
        raise AddressError(text, opening, AddressReason.IN_BRACKETS)


def _local_part_end(text: str) -> int:
    """The index of the @ that ends the local part. One longer than RFC 5321 has servers take is no error:
    VERP and SRS make such, and servers may take more (section 4.5.3.1)."""
    return _quoted_string_end(text) if text.startswith('"') else _dot_string_end(text)


def _dot_string_end(text: str) -> int:
    """Dot-string = Atom *("." Atom), with the non-ASCII of RFC 6531 section 3.3."""
    for position, char in enumerate(text):
        if char == "@":
            if text[position - 1] == ".":
                raise AddressError(text, position - 1, AddressReason.LOCAL_LAST_DOT)
            return position
        if char == ".":
            if position == 0:
                raise AddressError(text, 0, AddressReason.LOCAL_FIRST_DOT)
            if text[position - 1] == ".":
                raise AddressError(text, position, AddressReason.LOCAL_TWO_DOTS)
        elif char.isspace():
            raise AddressError(text, position, AddressReason.LOCAL_SPACE)
        elif char.isascii() and char not in _ATEXT:
            raise AddressError(text, position, AddressReason.LOCAL_CHARACTER, char)
    raise AddressError(text, len(text), AddressReason.NO_AT)


def _quoted_string_end(text: str) -> int:
    """Quoted-string = DQUOTE *QcontentSMTP DQUOTE."""
    position = 1
    while position < len(text) and text[position] != '"':
        if text[position] == "\\":
            position += 1  # quoted-pairSMTP
            if text[position : position + 1] and not text[position].isascii():
                raise AddressError(text, position, AddressReason.BACKSLASH)
        position += 1
    if position >= len(text):
        raise AddressError(text, len(text), AddressReason.NO_CLOSING_QUOTE)
    if text[position + 1 : position + 2] != "@":
        raise AddressError(text, position + 1, AddressReason.NO_AT_AFTER_QUOTE)
    return position + 1


def _domain_or_literal(text: str, start: int) -> tuple[str, str, IPAddress | None]:
    if start >= len(text):
        raise AddressError(text, len(text), AddressReason.NO_DOMAIN)
    if text[start] == "[":
        literal = _literal(text, start)
        canonical = f"[IPv6:{literal}]" if literal.version == 6 else f"[{literal}]"
        return canonical, canonical, literal
    domain, unicode_domain = _domain_name(text, start, len(text), single_label=False)
    return domain, unicode_domain, None


def _literal(text: str, start: int) -> IPAddress:
    """Address-literal of RFC 5321 section 4.1.3."""
    if not text.endswith("]"):
        raise AddressError(text, len(text), AddressReason.NO_CLOSING_BRACKET)
    inner = text[start + 1 : -1]
    if inner[:5].lower() == "ipv6:":
        address = _ip(inner[5:], start + 6, text, AddressReason.NO_IPV6)
        if address.version != 6:
            raise AddressError(text, start + 6, AddressReason.NO_IPV6_LITERAL)
        return address
    address = _ip(inner, start + 1, text, AddressReason.NO_LITERAL)
    if address.version == 6:
        raise AddressError(text, start + 1, AddressReason.BARE_IPV6, str(address))
    return address


def _ip(part: str, offset: int, text: str, reason: AddressReason) -> IPAddress:
    if "%" in part:
        raise AddressError(text, offset + part.index("%"), AddressReason.ZONE_INDEX)
    for family in (IPv4Address, IPv6Address):
        try:
            return family(part)
        except ValueError:
            continue
    wrong = next((i for i, char in enumerate(part) if char not in "0123456789abcdefABCDEF:."), 0)
    raise AddressError(text, offset + wrong, reason)


def _port(text: str, colon: int, default: int) -> int:
    """The port after the colon at that index; nothing there means the default."""
    if colon >= len(text):
        return default
    digits = text[colon + 1 :]
    if text[colon] != ":" or not (digits.isascii() and digits.isdigit()) or len(digits) > 5:
        raise AddressError(text, colon, AddressReason.PORT_FORM)
    port = int(digits)
    if not 1 <= port <= 65535:
        raise AddressError(text, colon + 1, AddressReason.PORT_RANGE)
    return port


def _domain_name(text: str, start: int, end: int, *, single_label: bool) -> tuple[str, str]:
    """The name in text[start:end] as (A-labels, U-labels)."""
    a_labels: list[str] = []
    u_labels: list[str] = []
    at = start
    for raw in _DOTS.split(text[start:end]):
        if not raw:
            raise AddressError(text, min(at, end - 1), _empty_label(at, start, end))
        a_label, u_label = _label(text, at, raw)
        a_labels.append(a_label)
        u_labels.append(u_label)
        at += len(raw) + 1
    domain = ".".join(a_labels)
    if len(domain) > DOMAIN_LIMIT:
        raise AddressError(text, end, AddressReason.LONG_DOMAIN, most=DOMAIN_LIMIT)
    if len(a_labels) == 1 and not single_label:
        raise AddressError(text, end, AddressReason.ONE_LABEL)
    if a_labels[-1].isdigit() and not (single_label and len(a_labels) == 1):
        last = end - len(a_labels[-1])
        if _DOTTED_QUAD.fullmatch(domain):
            raise AddressError(text, start, AddressReason.BARE_IPV4, domain)
        raise AddressError(text, last, AddressReason.NUMERIC_TOP_LEVEL)
    return domain, ".".join(u_labels)


def _empty_label(at: int, start: int, end: int) -> AddressReason:
    if at >= end > start:
        return AddressReason.DOMAIN_LAST_DOT
    return AddressReason.DOMAIN_FIRST_DOT if at == start else AddressReason.DOMAIN_TWO_DOTS


def _label(text: str, at: int, raw: str) -> tuple[str, str]:
    """One label as (A-label, U-label): RFC 5895 mapping of case and width, then IDNA 2008."""
    mapped_name = _map_characters(raw)
    if mapped_name.isascii():
        _check_ldh(text, at, raw, mapped_name)
        return mapped_name, _from_a_label(mapped_name) if mapped_name.startswith("xn--") else mapped_name
    for offset, char in enumerate(raw):
        if char.isspace():
            raise AddressError(text, at + offset, AddressReason.DOMAIN_SPACE)
        if char.isascii() and not (char.isalnum() or char == "-"):
            raise AddressError(text, at + offset, AddressReason.DOMAIN_CHARACTER, char)
    import idna

    try:
        if len(mapped_name) > LABEL_LIMIT:
            raise idna.IDNAError("too long")
        return idna.alabel(mapped_name).decode("ascii"), mapped_name
    except UnicodeError:
        raise _idna_fault(raw, mapped_name).within(text, at) from None


def _map_characters(raw: str) -> str:
    """RFC 5895 section 2: lower case, full- and half-width forms to the plain ones, NFC."""
    narrow = "".join(
        unicodedata.normalize("NFKC", char)
        if unicodedata.decomposition(char).startswith(("<wide>", "<narrow>"))
        else char
        for char in raw.lower()
    )
    return unicodedata.normalize("NFC", narrow).lower()


def _check_ldh(text: str, at: int, raw: str, label: str) -> None:
    """Letters, digits, hyphen, no hyphen at either end (RFC 5321 section 4.1.2 sub-domain)."""
    good = _LDH.match(label)
    wrong = good.end() if good else 0
    if wrong < len(label):
        place, char = at + min(wrong, len(raw) - 1), label[wrong]
        if char.isspace():
            raise AddressError(text, place, AddressReason.DOMAIN_SPACE)
        raise AddressError(text, place, AddressReason.DOMAIN_CHARACTER, char)
    if label.startswith("-") or label.endswith("-"):
        place = at if label.startswith("-") else at + len(raw) - 1
        raise AddressError(text, place, AddressReason.HYPHEN)
    if len(label) > LABEL_LIMIT:
        raise AddressError(text, at + LABEL_LIMIT, AddressReason.LONG_LABEL, most=LABEL_LIMIT)


def _from_a_label(label: str) -> str:
    import idna

    try:
        return idna.ulabel(label)
    except UnicodeError:
        return (
            label  # IDNA 2003 may have allowed it; mail servers ask for any host name, and so does the probe
        )


def label_of_no_characters(domain: str) -> str | None:
    """The first label of `domain` that begins with xn-- and stands for no characters: a "fake A-label" (RFC
    5890 section 2.3.2.1), which no registry gives out. What IDNA 2003 alone allowed is none. None where there
    is none."""
    return next(
        (it for it in domain.split(".") if it.startswith("xn--") and not _stands_for_characters(it)), None
    )


def is_punycode_mailbox(address: str) -> bool:
    """Whether the local part of `address` is Punycode for letters outside ASCII, as if it were a domain. No
    standard has such local parts (RFC 6531 section 3.2); programs make them of those that need SMTPUTF8."""
    local_part = address.lower().rpartition("@")[0]
    return local_part.startswith("xn--") and not (_characters(local_part) or "a").isascii()


def _stands_for_characters(label: str) -> bool:
    return bool(_characters(label))


def _characters(label: str) -> str:
    """What the Punycode of an xn-- label stands for; empty if it cannot be decoded, or to unseen
    characters."""
    try:
        u_label = label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return ""
    return "" if any(unicodedata.category(char) in _UNSEEN for char in u_label) else u_label


def _idna_fault(raw: str, mapped_name: str) -> AddressError:
    """Where and why IDNA 2008 refuses the label: the end of the shortest prefix that it refuses."""
    import idna

    if len(mapped_name) > LABEL_LIMIT:
        return AddressError(raw, LABEL_LIMIT, AddressReason.LONG_U_LABEL)
    for length in range(1, len(raw) + 1):
        try:
            idna.alabel(_map_characters(raw[:length]))
        except idna.InvalidCodepoint:
            char = raw[length - 1]
            return AddressError(raw, length - 1, AddressReason.IDNA_CHARACTER, char, f"U+{ord(char):04X}")
        except UnicodeError:
            continue
    return AddressError(raw, 0, AddressReason.IDNA_LABEL, mapped_name)
