"""Is a domain likely a typing mistake for a large provider's? A hint for a person, never a correction."""

from __future__ import annotations

from functools import cache

from probe._dataclass import dataclass

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
    names_before: dict[str, tuple[str, ...]]  # by what follows the first dot: the names before it


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
    given_name, _, rest = domain.partition(".")
    known_names = table.names_before.get(rest, ())
    return next((f"{other}.{rest}" for other in known_names if _is_one_slip(given_name, other)), None)


def _is_one_slip(given_name: str, known_name: str) -> bool:
    if given_name == known_name or abs(len(given_name) - len(known_name)) > 1:
        return False
    if given_name[:1] != known_name[:1] and given_name[-1:] != known_name[-1:]:
        return False  # one slip does not reach both ends
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
    from probe.knowledge.toml_import import HERE, load

    data = load(HERE / "mail_domains.toml")
    domains = tuple(domain for provider in data["provider"] for domain in provider["domains"])
    names_before: dict[str, list[str]] = {}
    for domain in domains:
        name, _, rest = domain.partition(".")
        names_before.setdefault(rest, []).append(name)
    return _Table(
        domains=domains,
        real=frozenset(domains) | frozenset(data["lookalikes"]["domains"]),
        never=dict(data["tld"]["never"]),
        country=dict(data["tld"]["country"]),
        names_before={rest: tuple(names) for rest, names in names_before.items()},
    )
