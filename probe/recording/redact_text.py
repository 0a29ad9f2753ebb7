"""Mailboxes, addresses and host names found in running text, and replaced there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from probe.model.address import IPAddress
from probe.recording.pseudonyms import Pseudonyms, is_top_level
from probe.recording.redact_forms import encoded_words, odd_addresses

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
_KEY = re.compile(r"[A-Za-z0-9+/=\s]*")
_POLICY_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_JOINT = re.compile(r"[._+ -]+")
_LONG_ENOUGH = 6  # letters of a name in two parts, to be taken for it however it is joined
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
        self._locals = known.locals() if known is not None else frozenset()
        self._lone = _lone_words(known) if known is not None else _LoneWords((), (), frozenset())
        # borders in ASCII: a text without spaces (user不存在) holds words all the same
        alone = f" | {self._lone.pattern}" if self._lone.pattern else ""
        self._pattern = re.compile(_TOKEN + alone, re.VERBOSE | re.IGNORECASE)
        self._inside = re.compile(self._lone.inside, re.IGNORECASE) if self._lone.inside else None

    def octets(self, data: bytes) -> bytes:
        """Rewrite octets of any charset that extends ASCII; what is no UTF-8 stays as it is. The code
        of a reply line is no part of the name behind it: `250-mx.example`."""
        pieces = _REPLY_CODE.split(data.decode("utf-8", "surrogateescape"))
        fresh = (piece if number % 2 else self.text(piece) for number, piece in enumerate(pieces))
        return "".join(fresh).encode("utf-8", "surrogateescape")

    def text(self, text: str) -> str:
        """Rewrite all that the patterns find."""
        if self._known is None:  # what only names that are known could find comes in the second pass
            return self._plain(text)
        text = self._plain(encoded_words(text, self._plain))
        return odd_addresses(text, self._pseudonyms, self._known)

    def _plain(self, text: str) -> str:
        return self._pattern.sub(self._replacement, text)

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
        """`n=...` of a DKIM key, DMARC or MTA-STS record: its name is no part of what is behind it."""
        name, equals, value = tag.partition("=")
        match name.strip():
            case "p" if _KEY.fullmatch(value):  # base64 is no text: a local part could stand in it by chance
                return tag
            case "id":  # of an MTA-STS policy (RFC 8461 section 3.1): any letters and digits
                return f"{name}{equals}{_POLICY_ID.sub('redacted', value)}"
            case _:
                return f"{name}{equals}{self.text(value)}" if equals else self.text(tag)

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
        return self._lone_word(match)

    def _local_part(self, local: str) -> str:
        """`to=alice` in a log line is alice behind a key; so it is at the end of a URL."""
        key, equals, rest = local.rpartition("=")
        if equals and rest.lower() in self._locals:
            return f"{self._plain(key)}={self._pseudonyms.local_part(rest)}"
        return self._pseudonyms.local_part(local)

    def _host(self, found: str) -> str:
        if found.lower() in self._locals:
            return self._pseudonyms.local_part(found)  # alice.jones
        if self._is_name(found):
            return self._pseudonyms.domain(_a_labels(found))
        if found.rpartition(".")[2].isdigit() or _IP_PATTERN.search(found):
            return _IP_PATTERN.sub(self._address, found)
        return self._inside.sub(self._lone_word, found) if self._inside is not None else found

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

    def _lone_word(self, match: re.Match[str]) -> str:
        # the pattern folds a few letters (ſ, İ) that lower() does not
        meant = self._lone.meant.get(_bare(match[0]))
        if meant is None:
            return self._pseudonyms.key(match[0])
        if meant in self._locals:
            return self._pseudonyms.local_part(meant)
        if self._known is not None and meant in self._known.keys:
            return self._pseudonyms.key(meant)
        return self._pseudonyms.domain(meant)


class _LoneWords:
    """Words that give somebody away when they stand alone: `words` between other words, `keys`, by which
    a domain is called, also as a part of one (X-ACME-LIMIT)."""

    def __init__(self, words: Iterable[str], keys: Iterable[str], meaning: frozenset[str]) -> None:
        words, keys = sorted(words, key=len, reverse=True), sorted(keys, key=len, reverse=True)
        self.meant = {_bare(word): word for word in (*words, *keys)}
        spelled = "|".join(_spelled(word, meaning) for word in words)
        called = "|".join(_spelled(key, meaning) for key in keys)
        self.pattern = " | ".join(
            part
            for part in (
                rf"(?<![A-Za-z0-9_.@-])(?:{spelled})(?![A-Za-z0-9_@-])" if words else "",
                rf"(?<![A-Za-z0-9])(?:{called})(?![A-Za-z0-9])" if keys else "",
            )
            if part
        )
        either = "|".join(part for part in (spelled, called) if part)
        self.inside = rf"(?<![A-Za-z0-9_@-])(?:{either})(?![A-Za-z0-9_@-])" if either else ""


def _lone_words(known: Pseudonyms) -> _LoneWords:
    """Local parts, what domains are called by, and host names without a dot."""
    single = {name for name in known.names if name and "." not in name and not is_top_level(name)}
    locals_ = {*known.locals(), *(local.partition("+")[0] for local in known.locals())}
    left_out = {*known.keep.words, *known.keep.roles, "localhost"}
    words, keys = ({*locals_, *single} - known.keys) - left_out, known.keys - left_out
    return _LoneWords(filter(_tells, words), filter(_tells, keys), known.keep.words)


def _tells(word: str) -> bool:
    long_enough = len(word) > 2 or (len(word) == 2 and not word.isascii())  # a Chinese name
    return long_enough and not word.startswith("_")


def _spelled(word: str, meaning: frozenset[str]) -> str:
    """alice.jones is also Alice Jones and alice_jones; but mail-server is not a mail server."""
    parts = [part for part in _JOINT.split(word) if part]
    if len(parts) < 2 or sum(map(len, parts)) < _LONG_ENOUGH or meaning.issuperset(parts):
        return re.escape(word)
    return r"[._+ -]?".join(map(re.escape, parts))


def _bare(word: str) -> str:
    return _JOINT.sub("", word.lower())


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
