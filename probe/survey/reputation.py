"""Which subjects are looked up on blocklists, and on which lists."""

from __future__ import annotations

from collections.abc import Callable

from probe.knowledge.dnsbl import BlockList, built_in_lists, lists_for_zones
from probe.model.address import IPAddress
from probe.model.fault import recover_steps
from probe.model.listing import ListingRole
from probe.model.observed import Part
from probe.model.program_part import ProgramPart
from probe.model.target import Options
from probe.settings import MESSAGE_LINK_LIMIT
from probe.standards.dns.message import Resolution
from probe.standards.dnsbl.query import Subject, look_up_many
from probe.standards.dnsbl.results import Listing
from probe.standards.public_suffix import organizational_domain
from probe.survey.driving import Survey, lengthy, part, standing
from probe.survey.identities import Identities


def chosen_lists(options: Options) -> tuple[BlockList, ...]:
    """The --dnsbl zones, else the built-in set; empty with --no-dnsbl."""
    if not options.dnsbl_enabled:
        return ()
    return lists_for_zones(options.dnsbl) if options.dnsbl else built_in_lists()


def subjects(
    source_ip: IPAddress | None, who: Identities, helo: str, links: tuple[str, ...]
) -> tuple[Subject, ...]:
    """Everything that is looked up in one run; empty if there is no sender."""
    if not who.exists:
        return ()
    source = () if source_ip is None else (Subject(source_ip, ListingRole.SOURCE),)
    return (*source, *_domain_subjects(who, helo), *_link_subjects(links))


def _domain_subjects(who: Identities, helo: str) -> tuple[Subject, ...]:
    """Sender domain, author domain and HELO name, each with its organizational domain: domain
    lists hold registered domains, and few answer for names below them."""
    subjects: dict[str, ListingRole] = {}
    for name in (who.mail_from_domain, who.author_domain):
        _add(subjects, name, ListingRole.SENDER_DOMAIN)
    if "." in helo and not helo.startswith("["):
        _add(subjects, helo, ListingRole.HELO)
    return tuple(Subject(name, role) for name, role in subjects.items())


def _link_subjects(hosts: tuple[str, ...]) -> tuple[Subject, ...]:
    """The registered domains of the message's links, limited in number."""
    names = dict.fromkeys(organizational_domain(host) or host for host in hosts)
    return tuple(Subject(name, ListingRole.LINK) for name in names)[:MESSAGE_LINK_LIMIT]


def listings(
    who: tuple[Subject, ...], options: Options, *, by_depth: bool = True
) -> Resolution[tuple[Listing, ...]]:
    """All subjects on all lists that take them, asked at once; `by_depth` as in `look_up_many`."""
    return (yield from look_up_many(who, chosen_lists(options), by_depth=by_depth))


def _add(subjects: dict[str, ListingRole], name: str | None, role: ListingRole) -> None:
    if name is None:
        return
    subjects.setdefault(name, role)
    organizational = organizational_domain(name)
    if organizational is not None:
        subjects.setdefault(organizational, role)


def survey(
    who: Identities, options: Options, links: Callable[[], tuple[str, ...]], *, by_depth: bool = True
) -> Survey[tuple[Listing, ...]]:
    """Everything that blocklists are asked about. `links` reads the hosts of the message's links, which may
    take long; `by_depth` as in `look_up_many`."""
    if not who.exists:
        return ()
    looked_up = recover_steps(ProgramPart.LISTINGS, _looked_up(who, options, links, by_depth), (), step=6)
    return (yield from part(Part.BLOCKLISTS, looked_up, ()))


def _looked_up(
    who: Identities, options: Options, links: Callable[[], tuple[str, ...]], by_depth: bool
) -> Survey[tuple[Listing, ...]]:
    hosts = yield from lengthy(links)
    place = yield from standing()
    all_subjects = subjects(place.source_ip, who, place.helo, hosts)
    return (yield from listings(all_subjects, options, by_depth=by_depth))
