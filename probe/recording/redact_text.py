"""Mailboxes, addresses and host names found in running text, and replaced there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from probe.model.address import IPAddress
from probe.recording.pseudonyms import Pseudonyms, is_top_level

# Not in the public suffix list, and yet what the names of machines end in.
_PRIVATE_TLDS = frozenset(
    {
        *("local", "lan", "internal", "intranet", "corp", "home", "private", "localdomain"),  # in use
        *("test", "example", "invalid", "alt", "onion", "arpa"),  # reserved (RFC 6761, RFC 9476)
    }
)
_IP = r"""
    (?P<v6>(?:(?<![\w:.])|(?<=ipv6:)|(?<=IPv6:)|(?<=IPV6:))(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]{0,15}(?![\w:]))
  | (?P<v4>(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d))
  | (?P<dashed>(?<!\d)\d{1,3}(?:-\d{1,3}){3}(?!\d))
"""
_TOKEN = rf"""
    (?P<mailbox>(?P<local>"(?:[^"\\\r\n]|\\.){{0,64}}"|[^\s<>()\[\],;:"@\\]{{1,64}})
        @(?P<at>\[[^\]\s]{{2,60}}\]|[\w.-]{{1,253}}[\w-]|\w))
  | (?P<host>(?<![\w-])(?:[\w-]{{1,63}}\.){{1,40}}[^\W\d][\w-]{{0,62}})
  | {_IP}
"""
_IP_PATTERN = re.compile(_IP, re.VERBOSE)
_SPF_TERM = re.compile(r"([+?~-]?)(ip[46]):(\S+)", re.IGNORECASE)
_TOKEN_RECORD = re.compile(r"([\w.-]+=)\S+")
_REPLY_CODE = re.compile(r"(?m)^([0-9]{3}[ -])")
_POLICY_RECORD = re.compile(
    r"\s*(?:v\s*=\s*(?:spf1|DMARC1|STSv1|TLSRPTv1|DKIM1|spf2)|[kpt]\s*=)", re.IGNORECASE
)


class TextRedactor:
    """Rewrites text. `known` is an earlier pass over the same recording: its names count as names and
    its local parts as local parts wherever they stand alone; `judged` are the addresses of this run
    that SPF is judged for."""

    def __init__(self, pseudonyms: Pseudonyms, judged: Iterable[IPAddress], known: Pseudonyms | None) -> None:
        self._pseudonyms = pseudonyms
        self._judged = tuple(judged)
        self._names = frozenset(known.names) if known is not None else frozenset()
        self._known = known
        words = _lone_words(known) if known is not None else ()
        alone = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        # borders in ASCII: a text without spaces (user不存在) holds words all the same
        lone = rf" | (?P<word>(?<![A-Za-z0-9_.@-])(?:{alone})(?![A-Za-z0-9_@-]))" if alone else ""
        self._pattern = re.compile(_TOKEN + lone, re.VERBOSE | re.IGNORECASE)
        self._words = frozenset(words)

    def octets(self, data: bytes) -> bytes:
        """Rewrite octets of any charset that extends ASCII; what is no UTF-8 stays as it is. The code
        of a reply line is no part of the name behind it: `250-mx.example`."""
        pieces = _REPLY_CODE.split(data.decode("utf-8", "surrogateescape"))
        fresh = (piece if number % 2 else self.text(piece) for number, piece in enumerate(pieces))
        return "".join(fresh).encode("utf-8", "surrogateescape")

    def text(self, text: str) -> str:
        """Rewrite all that the patterns find."""
        return self._pattern.sub(self._replacement, text)

    def txt_record(self, name: str, data: bytes) -> bytes:
        """Rewrite a TXT record: SPF networks, keys that stay, tokens that say whose domain it is."""
        text = data.decode("utf-8", "surrogateescape")
        if re.match(r"\s*v=spf1\b", text, re.IGNORECASE):
            fresh = " ".join(self._spf_term(term) for term in text.split(" "))
        elif "_domainkey" in name.split("."):
            # Base64 is no text: a local part could stand in it by chance.
            tags = text.split(";")
            fresh = ";".join(tag if re.match(r"\s*p\s*=", tag) else self.text(tag) for tag in tags)
        elif not _POLICY_RECORD.match(text) and _TOKEN_RECORD.fullmatch(text):
            fresh = _TOKEN_RECORD.sub(r"\1redacted", text)
        else:
            fresh = self.text(text)
        return fresh.encode("utf-8", "surrogateescape")

    def _spf_term(self, term: str) -> str:
        """A network that held an address of this run holds its pseudonym; others hold nobody's."""
        match = _SPF_TERM.fullmatch(term)
        network = _network(match.group(3)) if match else None
        if match is None or network is None:
            return self.text(term)
        inside = [ip for ip in self._judged if ip.version == network.version and ip in network]
        fresh = [self._pseudonyms.address(ip) for ip in inside or [network.network_address]]
        return " ".join(f"{match.group(1)}{match.group(2)}:{ip}" for ip in dict.fromkeys(fresh))

    def _replacement(self, match: re.Match[str]) -> str:
        found = match.group(0)
        if match["mailbox"]:
            return f"{self._local_part(match['local'])}@{self._pseudonyms.host(match['at'])}"
        if match["host"]:
            return self._host(found)
        if match["v6"] or match["v4"] or match["dashed"]:
            return self._address(match)
        return self._lone_word(found)

    def _local_part(self, local: str) -> str:
        """`to=alice` in a log line is alice behind a key."""
        key, equals, rest = local.partition("=")
        if equals and self._known is not None and rest.lower() in self._known.locals():
            return f"{key}={self._pseudonyms.local_part(rest)}"
        return self._pseudonyms.local_part(local)

    def _host(self, found: str) -> str:
        if self._is_name(found):
            return self._pseudonyms.domain(_a_labels(found))
        if found.rpartition(".")[2].isdigit() or _IP_PATTERN.search(found):
            return _IP_PATTERN.sub(self._address, found)
        pieces = (self._lone_word(p) if p.lower() in self._words else p for p in found.split("."))
        return ".".join(pieces)

    def _is_name(self, found: str) -> bool:
        if found.lower() in self._names:
            return True
        last = found.rpartition(".")[2]
        if last[0].isupper() and not found.isupper() and found[0].islower():
            return False  # "denied.Please see": a missing space, not a name
        return last.lower() in _PRIVATE_TLDS or is_top_level(_a_labels(last))

    def _address(self, match: re.Match[str]) -> str:
        found = match.group(0)
        if match["dashed"]:
            return self._dashed(found)
        bare = found.rstrip(".")
        try:
            return str(self._pseudonyms.address(ip_address(bare))) + found[len(bare) :]
        except ValueError:
            return found

    def _dashed(self, found: str) -> str:
        """192-0-2-1 in a name that a network made up, when it is an address of this run."""
        try:
            ip = ip_address(found.replace("-", "."))
        except ValueError:
            return found
        if self._known is None or not self._known.has_address(ip):
            return found
        return str(self._pseudonyms.address(ip)).replace(".", "-")

    def _lone_word(self, found: str) -> str:
        if self._known is not None and found.lower() in self._known.locals():
            return self._pseudonyms.local_part(found)
        if self._known is not None and found.lower() in self._known.keys:
            return self._pseudonyms.key(found)
        return self._pseudonyms.domain(found)


def _lone_words(known: Pseudonyms) -> tuple[str, ...]:
    """Local parts and host names without a dot that give somebody away when they stand alone."""
    single = {name for name in known.names if name and "." not in name and not is_top_level(name)}
    words = {*known.locals(), *known.keys, *single} - known.keep.words - {"localhost"}
    return tuple(word for word in words if len(word) > 2 and not word.startswith("_"))


def _a_labels(name: str) -> str:
    from probe.model.address import AddressError
    from probe.model.address_parse import parse_endpoint

    if name.isascii():
        return name
    try:
        return parse_endpoint(name, 0).host
    except AddressError:
        return name


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
