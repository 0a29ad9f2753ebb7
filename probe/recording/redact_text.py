"""Mailboxes, addresses and host names found in running text, and replaced there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from probe.model.address import IPAddress
from probe.recording.known_names import KnownNames
from probe.recording.pseudonyms import Pseudonyms, is_top_level
from probe.recording.redact_codes import Codes
from probe.recording.redact_forms import odd_addresses
from probe.recording.redact_partial import PartialAddresses

# Suffixes of machine names that are not in the public suffix list.
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
_TOKENS = re.compile(_TOKEN, re.VERBOSE | re.IGNORECASE)
_SPF_WORDS = frozenset(
    {"v=spf1", *(f"{sign}{word}" for sign in ("", *"+-~?") for word in ("all", "a", "mx", "ptr"))}
)
_SPF_TERM = re.compile(r"([+?~-]?)(ip[46]):(\S+)", re.IGNORECASE)
_TOKEN_RECORD = re.compile(r"([\w.-]+=)\S+")
_REPLY_CODE = re.compile(r"[0-9]{3}[ -]")
_KEY = re.compile(r"[A-Za-z0-9+/=\s]*")
# Keywords of the records, which are kept even if somebody has such a name (RFC 6376, 7489, 8460, 8461)
_TAG_VALUE = re.compile(
    r"(?i)\s*(?:spf1|dkim1|dmarc1|stsv1|tlsrptv1|none|quarantine|reject|rsa|ed25519|sha1|sha256|email|afrf|enforce|testing"
    r"|[a-z0-9*](?::[a-z0-9])*|[0-9]{1,10})\s*"
)
_POLICY_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_LEAST_DIGITS = 4  # of a local part of digits; three are the code of a reply
_LEAST_LETTERS = 3  # of a name in ASCII; a Chinese name has two
_LEAST_OF_PART = 4  # letters of a part that is replaced alone: Smith of bob.smith, acme of acme.com
_JOINT = re.compile(r"[._+-]")
_POLICY_RECORD = re.compile(
    r"\s*(?:v\s*=\s*(?:spf1|DMARC1|STSv1|TLSRPTv1|DKIM1|spf2)|[kpt]\s*=)", re.IGNORECASE
)


class TextRedactor:
    """Rewrites text. `originals` is an earlier pass over the same recording: its names and local parts are
    also replaced where they occur alone. `judged` are the addresses of this run for which SPF is judged."""

    def __init__(
        self, pseudonyms: Pseudonyms, spf_ips: Iterable[IPAddress], originals: Pseudonyms | None
    ) -> None:
        self._pseudonyms = pseudonyms
        self._spf_ips = tuple(spf_ips)
        self._originals = originals
        self._names = frozenset(originals.names) if originals is not None else frozenset()
        self._locals = originals.locals() if originals is not None else frozenset()
        self._alone = _alone(originals) if originals is not None else KnownNames((), frozenset())
        self._partial = PartialAddresses(originals, pseudonyms) if originals is not None else None
        self._codes = Codes(self._in_clear, self._names_anybody)

    def octets(self, data: bytes) -> bytes:
        """Rewrite octets of any charset that extends ASCII; octets that are not UTF-8 are kept, and so is the
        number of lines. The code of a reply is not part of the name after it: `250-mx.example`."""
        text = data.decode("utf-8", "surrogateescape")
        if self._originals is not None:
            text = self._codes.over_lines(text)
        return "\n".join(map(self._line, text.split("\n"))).encode("utf-8", "surrogateescape")

    def _line(self, line: str) -> str:
        code = _REPLY_CODE.match(line)
        at = code.end() if code is not None else 0
        return line[:at] + self.text(line[at:])

    def text(self, text: str) -> str:
        """Rewrite everything that the patterns find."""
        if self._originals is None:  # names known from the first pass are replaced in the second
            return self._plain(text)
        pieces = self._codes.pieces(self._codes.over_lines(text))
        return "".join(piece if is_done else self._in_clear(piece) for piece, is_done in pieces)

    def _in_clear(self, text: str) -> str:
        """Rewrite text that is not encoded."""
        text = self._plain(text)
        if self._originals is None or self._partial is None:
            return text
        return self._partial.replace_parts(odd_addresses(text, self._pseudonyms, self._originals))

    def _names_anybody(self, text: str) -> bool:
        """Whether a text holds a name or an address of the run."""
        return self._alone.is_in(text) or any(map(self._is_known_address, _IP_PATTERN.finditer(text)))

    def _is_known_address(self, match: re.Match[str]) -> bool:
        try:
            ip = ip_address(match[0].replace("-", ".").rstrip("."))
        except ValueError:
            return False
        return self._originals is not None and self._originals.has_address(ip)

    def _plain(self, text: str) -> str:
        pieces: list[str] = []
        at = 0
        for match in _TOKENS.finditer(text):
            fresh = self._replacement(match)
            if fresh != match[0]:  # a name that is kept may contain one that must be replaced
                pieces += (self._names_alone(text[at : match.start()]), fresh)
                at = match.end()
        return "".join((*pieces, self._names_alone(text[at:])))

    def _names_alone(self, text: str) -> str:
        return self._alone.replace_names(text, self._pseudonym)

    def txt_record(self, name: str, data: bytes) -> bytes:
        """Rewrite a TXT record: SPF networks, keys that stay, tokens that say whose domain it is."""
        text = data.decode("utf-8", "surrogateescape")
        if re.match(r"\s*v=spf1\b", text, re.IGNORECASE):
            fresh = " ".join(self._spf_term(term) for term in text.split(" "))
        elif _POLICY_RECORD.match(text) or "_domainkey" in name.split("."):
            fresh = ";".join(map(self._tag, text.split(";")))
        elif _TOKEN_RECORD.fullmatch(text):
            fresh = _TOKEN_RECORD.sub(r"\1redacted", text)
        else:
            fresh = self.text(text)
        return fresh.encode("utf-8", "surrogateescape")

    def _tag(self, tag: str) -> str:
        """`n=...` of a DKIM key, DMARC or MTA-STS record: its name is not part of the value."""
        name, equals, value = tag.partition("=")
        match name.strip():
            case "p" if _KEY.fullmatch(value):  # base64 is no text: a local part could stand in it by chance
                return tag
            case "id":  # of an MTA-STS policy (RFC 8461 section 3.1): any letters and digits
                return f"{name}{equals}{_POLICY_ID.sub('redacted', value)}"
            case _ if _TAG_VALUE.fullmatch(value):
                return tag
            case _:
                return f"{name}{equals}{self.text(value)}" if equals else self.text(tag)

    def _spf_term(self, term: str) -> str:
        """A network that contained an address of this run then contains its pseudonym; others contain
        none."""
        if term.lower() in _SPF_WORDS:
            return term
        match = _SPF_TERM.fullmatch(term)
        network = _network(match.group(3)) if match else None
        if match is None or network is None:
            return self.text(term)
        inside = [ip for ip in self._spf_ips if ip.version == network.version and ip in network]
        fresh = [self._pseudonyms.address(ip) for ip in inside or [network.network_address]]
        return " ".join(f"{match.group(1)}{match.group(2)}:{ip}" for ip in dict.fromkeys(fresh))

    def _replacement(self, match: re.Match[str]) -> str:
        text = match.group(0)
        if match["mailbox"]:
            return f"{self._local_part(match['local'])}@{self._pseudonyms.host(match['at'])}"
        if match["host"]:
            return self._host(text)
        return self._address(match)

    def _local_part(self, local: str) -> str:
        """In `to=alice` (a log line, or the end of a URL) only alice is the local part."""
        key, equals, rest = local.rpartition("=")
        if equals and rest.lower() in self._locals:
            return f"{self._plain(key)}={self._pseudonyms.local_part(rest)}"
        return self._pseudonyms.local_part(local)

    def _host(self, text: str) -> str:
        if text.lower() in self._locals:
            return self._pseudonyms.local_part(text)  # alice.jones
        if self._is_name(text):
            name = _a_labels(text)
            fresh = self._pseudonyms.domain(name)
            return text if fresh == name.lower() else fresh
        if text.rpartition(".")[2].isdigit() or _IP_PATTERN.search(text):
            fresh = _IP_PATTERN.sub(self._address, text)
            return text if fresh == text else self._names_alone(fresh)
        return text

    def _is_name(self, text: str) -> bool:
        if text.lower() in self._names:
            return True
        last = text.rpartition(".")[2]
        if last[0].isupper() and not text.isupper() and text[0].islower():
            return False  # "denied.Please see": a missing space, not a name
        return last.lower() in _PRIVATE_TLDS or is_top_level(_a_labels(last))

    def _address(self, match: re.Match[str]) -> str:
        text = match.group(0)
        if match["dashed"]:
            return self._dashed(text)
        bare = text.rstrip(".")
        try:
            return str(self._pseudonyms.address(ip_address(bare))) + text[len(bare) :]
        except ValueError:
            return text

    def _dashed(self, text: str) -> str:
        """192-0-2-1 in a name that a network made up, when it is an address of this run."""
        try:
            ip = ip_address(text.replace("-", "."))
        except ValueError:
            return text
        if self._originals is None or not self._originals.has_address(ip):
            return text
        return str(self._pseudonyms.address(ip)).replace(".", "-")

    def _pseudonym(self, owner: str) -> str:
        if owner in self._locals:
            return self._pseudonyms.local_part(owner)
        return self._pseudonyms.key(owner)


def _alone(originals: Pseudonyms) -> KnownNames:
    """Replace names that occur as a single word: local parts and their longer parts, the names in the
    target's domains, host names without a dot, labels of replaced host names, the names in other domains."""
    keep = originals.keep
    local_parts = sorted(originals.locals() - originals.keys)
    single = (name for name in originals.names if name and "." not in name and not is_top_level(name))
    brands = {organization.partition(".")[0] for organization in originals.organizations()}
    labels = (label for label in originals.labels() | brands if _is_long(label) or not is_top_level(label))
    pairs_found = [
        *((local, local) for local in local_parts),
        *((local.partition("+")[0], local) for local in local_parts),
        *((key, key) for key in sorted(originals.keys)),
        *((name, name) for name in sorted(single)),
    ]
    # a partial name is kept if it is a word of the reply rules
    parts = [
        *((part, part) for label in sorted(labels) for part in {label, u_label(label)}),
        *(
            (part, local)
            for local in local_parts
            for part in _JOINT.split(local)
            if part.isalpha() and _is_long(part)
        ),
    ]
    pairs_found += (pair for pair in parts if pair[0] not in keep.vocabulary)
    left_out = keep.words | keep.roles | {"localhost"}
    return KnownNames(
        (pair for pair in pairs_found if pair[0] not in left_out and _is_telling(pair[0])), keep.words
    )


def _is_long(part: str) -> bool:
    return len(part) >= _LEAST_OF_PART


def _is_telling(name: str) -> bool:
    if name.startswith("_"):
        return False
    if name.isdigit():
        return len(name) >= _LEAST_DIGITS
    return len(name) >= _LEAST_LETTERS or (len(name) == 2 and not name.isascii())


def _a_labels(name: str) -> str:
    from probe.model.address import AddressError
    from probe.model.address_parse import parse_endpoint

    if name.isascii():
        return name
    try:
        return parse_endpoint(name, 0).host
    except AddressError:
        return name


def u_label(label: str) -> str:
    """The Unicode form of an A-label; any other label unchanged."""
    try:
        return label.encode("ascii").decode("idna")
    except UnicodeError:
        return label


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
