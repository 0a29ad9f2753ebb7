"""Masks the variable parts of a reply, so that rules see only what all such replies have in common."""

from __future__ import annotations

import re
import unicodedata

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.reading.reply.folding import plain
from probe.reading.reply.patterns import pattern_of

# Names that end in these labels are hosts; a sentence end without a space ("rejected.Please") is not.
_TLD = (
    "com|net|org|edu|gov|mil|int|info|biz|name|mobi|io|eu|de|jp|cn|ru|su|fr|uk|nl|ch|cz|pl|se|dk|fi|hu|ro|gr|tr"
    "|ua|kz|es|pt|ie|il|za|br|ar|mx|cl|co|pe|ve|ca|au|nz|kr|tw|hk|sg|my|th|vn|ph|id|ir|ee|lv|lt|bg|hr|si|sk|rs"
    "|test|example|invalid|local|localdomain|lan|cloud|dev|app|online|xyz|ain"
)
_HOST = rf"(?:[a-z0-9_](?:[a-z0-9_-]{{0,61}}[a-z0-9_])?\.){{1,30}}(?:{_TLD})\b"
_URL = r"\b(?:https?|ftp)://[^\s<>\"']+|\bwww\.[^\s<>\"']+"
_ADDRESS = r"<?(?:\"[^\"\s]+\"|[^\s<>()\[\]:;,\"']{1,128})@[^\s<>()\[\]:;,\"']{1,255}>?"
# Chinese, Japanese, Korean and Thai write no blank between words and an address or a link: there it ends at
# their letters, unless it has them itself.
_WIDE = "\u0e00-\u0e7f\u1100-\u11ff\u3000-\u9fff\uac00-\ud7af\uff01-\uff5e"
_WIDE_URL = rf"(?<![a-z0-9_])(?:https?://|ftp://|www\.)[^\s<>\"'{_WIDE}]+"
_WIDE_ADDRESS = (
    rf"<?(?:\"[^\"\s]+\"|[^\s<>()\[\]:;,\"'{_WIDE}]{{1,128}}|[^\s<>()\[\]:;,\"']{{0,127}}[{_WIDE}])"
    rf"@(?:[^\s<>()\[\]:;,\"'{_WIDE}]{{1,255}}|[{_WIDE}][^\s<>()\[\]:;,\"']{{0,254}})>?"
)
# 127.255.255.x is not masked: it is the answer of a list that refuses the query.
_IP4 = r"\b(?!127\.255\.255\.)(?:\d{1,3}|x{1,3})(?:\.(?:\d{1,3}|x{1,3})){3}\b"
_WIDE_IP4 = f"(?a:{_IP4})"  # words of other scripts stand right beside it
_IP6 = r"\b(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|<ip>)?(?![0-9a-z:])"
_LOOPBACK = regex(r"(?<![\w.:])(?:127\.0\.0\.1(?![\d.])|::1(?![\da-f]))")
_HOSTS = rf"\b{_HOST}"
_ID = regex(r"(?<![a-z0-9])(?=(?:[a-z+/=_.-]{0,99}\d){4})[a-z0-9+/=_-][a-z0-9+/=_.-]{18,}(?![a-z0-9])")
_DOMAIN_DOT = regex(r"\.[a-z]")  # stands in every host name, and in few of the numbers and sentences
# Invisible characters (soft hyphens, marks of direction and width), and the vowels of Hebrew and Arabic,
# which most writers leave out.
_UNSEEN = (
    "[\u00ad\u0307\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u0652"
    "\u200b\u200d-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "})


class MaskedText(NamedTuple):
    """`text` is for phrases; `links` holds the URLs, host names and loopback addresses that were taken out,
    space-separated;
    `plain` is `text` without accents, letter for letter, where it is not all ASCII, else empty."""

    text: str
    links: str
    plain: str = ""


def mask(text: str) -> MaskedText:
    """Lower-case, fold white space and typographic quotes, replace addresses, IPs, URLs, hosts and ids."""
    links: list[str] = []
    line = (text if text.isascii() else text.translate(_QUOTES)).lower()
    if not line.isascii():
        line = pattern_of(_UNSEEN).sub("", unicodedata.normalize("NFC", line)).replace("\u200c", " ")
    line = " ".join(line.split())
    if "://" in line or "www." in line:
        url = pattern_of(_URL if line.isascii() else _WIDE_URL)
        line = url.sub(lambda match: _take(match, "<url>", links), line)
    if "@" in line or "$email" in line:
        address = pattern_of(_ADDRESS if line.isascii() else _WIDE_ADDRESS)
        line = address.sub("<addr>", line).replace("<$email>", "<addr>").replace("$email", "<addr>")
    if line.count(".") > 2:
        if "127.0.0.1" in line and _LOOPBACK.search(line) is not None:
            links.append("127.0.0.1")
        line = pattern_of(_IP4 if line.isascii() else _WIDE_IP4).sub("<ip>", line)
    if "::" in line or line.count(":") > 2:
        if "::1" in line and _LOOPBACK.search(line) is not None:
            links.append("::1")
        line = pattern_of(_IP6).sub("<ip>", line)
    line = line.replace("$ip", "<ip>").replace("$domain", "<host>")
    if _DOMAIN_DOT.search(line):
        line = pattern_of(_HOSTS).sub(lambda match: _take(match, "<host>", links), line)
    line = _ID.sub("<id>", line)
    return MaskedText(line, " ".join(links), "" if line.isascii() else plain(line))


def _take(match: re.Match[str], placeholder: str, links: list[str]) -> str:
    links.append(match.group().rstrip(".,;)"))
    return placeholder
