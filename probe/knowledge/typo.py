"""Is a domain likely a typing mistake for a large provider's? A hint for a person, never a correction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

# Names with one character replaced, inserted or lost in a short name ("qq", "aol") are mostly real domains of
# other people; a swap of two neighbours is nearly always a mistake.
_EDIT_LENGTH = 5
_SWAP_LENGTH = 4


@dataclass(frozen=True, slots=True)
class _Table:
    domains: tuple[str, ...]
    real: frozenset[str]
    never: dict[str, str]
    country: dict[str, str]


def likely_typo_of(domain: str) -> str | None:
    """The large provider's domain that `domain` (lower-case A-labels) is one typing mistake away from.

    One mistake is one Damerau-Levenshtein edit of the name, a mistyped top-level domain, or both. None for
    the providers' own domains, for known domains of others, and for everything else.
    """
    table = _table()
    if domain in table.real or domain.startswith("["):
        return None
    name, _, tld = domain.rpartition(".")
    new_tld = table.never.get(tld)
    if new_tld is None and len(name) >= _EDIT_LENGTH and tld in table.country:
        candidate = f"{name}.{table.country[tld]}"
        if candidate in table.domains:
            return candidate
    if new_tld is not None:
        domain = f"{name}.{new_tld}"
        if domain in table.domains:
            return domain
    return next((other for other in table.domains if _is_one_slip(domain, other)), None)


def _is_one_slip(name: str, other: str) -> bool:
    given_name, _, given_rest = name.partition(".")
    known_name, _, known_rest = other.partition(".")
    if given_rest != known_rest or given_name == known_name:
        return False
    if len(known_name) >= _SWAP_LENGTH and _is_swap(given_name, known_name):
        return True
    return len(known_name) >= _EDIT_LENGTH and _is_edit(given_name, known_name)


def _is_swap(one: str, other: str) -> bool:
    """Two neighbouring characters exchanged, all else equal."""
    if len(one) != len(other):
        return False
    wrong = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return (
        len(wrong) == 2
        and wrong[1] == wrong[0] + 1
        and one[wrong[0]] == other[wrong[1]]
        and (one[wrong[1]] == other[wrong[0]])
    )


def _is_edit(one: str, other: str) -> bool:
    """One character replaced, inserted or lost."""
    if abs(len(one) - len(other)) > 1:
        return False
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    if len(one) == len(other):
        return one[same + 1 :] == other[same + 1 :]
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[same + 1 :] == shorter[same:]


@cache
def _table() -> _Table:
    from importlib.resources import files

    from probe.knowledge.toml_import import load

    data = load(files("probe.knowledge") / "mail_domains.toml")
    domains = tuple(domain for provider in data["provider"] for domain in provider["domains"])
    return _Table(
        domains=domains,
        real=frozenset(domains) | frozenset(data["lookalikes"]["domains"]),
        never=dict(data["tld"]["never"]),
        country=dict(data["tld"]["country"]),
    )
