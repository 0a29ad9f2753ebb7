"""Addresses of people in a report: the local part as a keyed hash, unless names are requested.

The hash is the same for one address in every report made with the same key. It keeps a report that is passed
on from naming people, and without the key nobody can compare it with a list of names.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from probe._regex import regex
from probe.knowledge.redaction import names as people
from probe.knowledge.redaction import words

_ADDRESS = regex(r"(\"(?:[^\"\\]|\\.){1,64}\"|[^\s<>()\[\]:;,\"'=@]{1,128})@([^\s<>()\[\]:;,\"'@]{1,255})")
_WORD = 3  # letters from which a local part is also replaced alone in a text
_CACHED = 4096


class Names:
    """Shows addresses. `key`: up to 64 octets; None shows them as they are."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key
        self._hashes: dict[str, str] = {}

    @property
    def are_shown(self) -> bool:
        return self._key is None

    def address(self, address: str | None) -> str | None:
        """One address; the null reverse-path and other text are unchanged."""
        if address is None or self._key is None:
            return address
        local, at, domain = address.rpartition("@")
        if not address:
            return address
        return (
            f"{self._hash(local.lower(), domain.lower())}@{domain}" if at else self._hash(domain.lower(), "")
        )

    def text(self, text: str, *names: str | None) -> str:
        """A text in which addresses, and the local parts of `names`, are hidden. A local part that is a word
        of replies, or is short, counts only within brackets or quotation marks: user@ gets "User unknown"."""
        if self._key is None:
            return text
        replacements = set()  # each still looks like an address
        for address in names:
            if address and "@" in address:
                pseudonym = self.address(address) or ""
                replacements.add(pseudonym)
                text = re.sub(re.escape(address), lambda _, name=pseudonym: name, text, flags=re.IGNORECASE)  # type: ignore[misc]
        text = _ADDRESS.sub(
            lambda match: match[0] if match[0] in replacements else self.address(match[0]) or "", text
        )
        for address in names:
            local, at, domain = (address or "").rpartition("@")
            local = local.strip('"')
            if not at or not local:
                continue
            is_name = len(local) >= _WORD and (local.lower() not in words() or local.lower() in people())
            start = r"(?<![\w@])" if is_name else r"(?<=[<\"'(])"
            behind = r"(?![\w@])" if is_name else r"(?=[>\"')@])"
            pseudonym = self._hash(local.lower(), domain.lower())
            text = re.sub(f"{start}{re.escape(local)}{behind}", pseudonym, text, flags=re.IGNORECASE)
        return text

    def _hash(self, local: str, domain: str) -> str:
        name = f"{local}@{domain}"
        digest = self._hashes.get(name)
        if digest is None:
            if len(self._hashes) >= _CACHED:
                self._hashes.clear()
            data = name.encode("utf-8", "surrogatepass")
            digest = self._hashes[name] = "~" + blake2b(data, key=self._key or b"", digest_size=5).hexdigest()
        return digest
