"""Judges a resolver by its answers: whether it works, whose it is, and what it does to what DNS says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe import settings
from probe._dataclass import replace
from probe.doctor.report import TestResult
from probe.doctor.voice import leave_open, say, unanswered
from probe.knowledge.machine import controls
from probe.model.address import IPAddress
from probe.model.address_parse import parse_ip
from probe.model.answer_fault import AnswerWhy, OwnWord
from probe.model.dialable import is_private
from probe.model.fitness import MachineGap, Trial
from probe.recording.machine import MachineJournal, ResolverLook
from probe.standards.dns.dns64 import IPV4_ONLY, prefixes_of
from probe.standards.dns.health import UNHEARD
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.names import reverse_name
from probe.standards.dns.provenance import STALE

_FIRST_TRIALS = (Trial.ROOT, Trial.PLAIN, Trial.TCP, Trial.SIGNED)
_MOST_DENIED = 0.5  # of forty mail domains
_MANY_STALE = 0.5  # of the answers: then it is the resolver, and not a zone or two


def check_answers(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether any name server answers."""
    test, server = "resolver-answers", journal.server
    if not journal.nameservers:
        gap = journal.missing.get("resolver")
        yield say(test, "none-named") if gap is None else leave_open(test, gap)
        return
    if not server:
        yield _dead(journal, test)
        return
    if is_walled(journal):
        looks = list(journal.of(Trial.MANY))
        count = sum(it.answer.is_negative for it in looks)
        yield say(test, "walled", server=server, count=count, of=len(looks))
        return
    deaf = [name for name in journal.nameservers if _hears_tcp_alone(journal, name)]
    speakers = [it.server for it in journal.looks if it.is_use and it.server not in deaf]
    if not speakers:
        yield say(test, "tcp-alone", server=server)
        return
    others = [name for name in journal.nameservers if name != server and _is_silent(journal, name)]
    if others:
        yield say(test, "one-silent", server=server, others=others, count=len(others), deaf=deaf)
        return
    if deaf:
        yield say(test, "one-tcp-alone", server=speakers[0], others=deaf, count=len(deaf))
        return
    quickest = min(
        (it.answer.elapsed_ms or it.at_ms for it in journal.of(*_FIRST_TRIALS) if it.is_use), default=0
    )
    yield say(test, "answers", server=server, ms=quickest)


def is_walled(journal: MachineJournal) -> bool:
    """Whether the server denies what everybody knows to be there."""
    looks = list(journal.of(Trial.MANY))
    return bool(looks) and sum(it.answer.is_negative for it in looks) > len(looks) * _MOST_DENIED


def _dead(journal: MachineJournal, test: str) -> TestResult:
    """None of the servers is of use."""
    looks = [it for it in journal.looks if it.trial in _FIRST_TRIALS]
    if not looks:
        return leave_open(test, journal.missing.get("resolver", MachineGap.DEADLINE))
    servers = journal.nameservers
    values = {"servers": servers, "count": len(servers)}
    replies = [it for it in looks if it.answer.status not in UNHEARD]
    if not replies:
        udp = _failures(it for it in looks if it.trial in (Trial.ROOT, Trial.PLAIN))
        tcp = _failures(it for it in looks if it.trial is Trial.TCP)
        whole = dict.fromkeys(it.answer.failure for it in looks if it.answer.failure is not None)
        return say(test, "silent", udp=udp, tcp=tcp, failures=tuple(whole)[:2], **values)
    if all(_hears_tcp_alone(journal, it.server) for it in replies):
        return say(test, "tcp-alone-fails", failures=_failures(replies), **values)
    is_refusal = all(it.answer.status is Status.REFUSED for it in replies)
    voices = tuple(name for name in servers if any(it.server == name for it in replies))
    silent = tuple(name for name in servers if name not in voices)
    tag = "refuses" if is_refusal else "fails"
    return say(test, tag, servers=voices, count=len(voices), silent=silent)


def _failures(looks: Iterable[ResolverLook]) -> tuple[AnswerWhy, ...]:
    """What came of these, the first two that differ, without what the sentence around them says."""
    failures = (it.answer.failure for it in looks)
    bare = (replace(it, server="", over=None, queries=0) for it in failures if it is not None)
    return tuple(dict.fromkeys(bare))[:2]


def _hears_tcp_alone(journal: MachineJournal, server: str) -> bool:
    looks = [it for it in journal.looks if it.server == server]
    udp = [it for it in looks if it.trial in (Trial.ROOT, Trial.PLAIN)]
    is_deaf = bool(udp) and all(it.answer.status in UNHEARD for it in udp)
    return is_deaf and any(it.trial is Trial.TCP and it.answer.status not in UNHEARD for it in looks)


def _is_silent(journal: MachineJournal, server: str) -> bool:
    looks = [it for it in journal.looks if it.server == server]
    return bool(looks) and not any(it.is_use for it in looks)


def check_kind(journal: MachineJournal) -> Iterator[TestResult]:
    """Whose resolver it is, and who asks the zones' servers for it."""
    test, server = "resolver-kind", journal.server
    ip = _ip_of(server)
    if ip is None:
        return
    egress = egress_text(journal)
    operator = controls().public.get(ip)
    if operator is not None:
        yield say(test, "public", server=server, operator=operator)
    elif ip.is_loopback or ip in journal.addresses:
        yield say(test, _own_kind(journal), server=server, egress=egress, behind=journal.behind)
    elif is_private(ip):
        yield say(test, "network", server=server, egress=egress)
    else:
        yield say(test, "foreign", server=server, egress=egress)


def _own_kind(journal: MachineJournal) -> str:
    egress = _egress(journal)
    if not egress or journal.behind:
        return "own-unseen"
    own = {*journal.addresses, journal.request.ip}
    if any(ip in own for ip in egress):
        return "own"
    families = {ip.version for ip in egress}
    has_public = any(ip.version in families and not is_private(ip) for ip in journal.addresses)
    return "own-forwards" if has_public else "own-translated"


def _egress(journal: MachineJournal) -> set[IPAddress]:
    """The addresses that asked the zones' servers, as two unrelated operators tell them."""
    ips: set[IPAddress] = set()
    for look in journal.of(Trial.EGRESS):
        ips |= set(look.answer.addresses())
        for text in look.answer.txts():
            ip = _ip_of(text.data.decode("ascii", "replace"))
            if ip is not None:
                ips.add(ip)
    return ips


def egress_text(journal: MachineJournal) -> tuple[str, ...]:
    """The same in words."""
    return tuple(sorted(map(str, _egress(journal))))


def _ip_of(text: str) -> IPAddress | None:
    bare = text.partition("%")[0]
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return parse_ip(bare)
    except ValueError:
        return None


def check_nxdomain(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether names that do not exist are denied."""
    test, looks = "nxdomain", list(journal.of(Trial.MISSING))
    server = journal.server
    inventions = [it.answer for it in looks if it.answer.status is Status.ANSWER]
    names = [it.answer.question.name for it in looks]
    if inventions:
        ips = dict.fromkeys(ip for it in inventions for ip in it.addresses())
        yield say(
            test, "rewritten", server=server, ips=tuple(ips), names=[it.question.name for it in inventions]
        )
        return
    denials = [it.answer for it in looks if it.answer.is_negative]
    doubts = (it.doubt for it in denials)
    doubt = next((it for it in doubts if it is not None and not _is_of_age(it)), None)
    if not denials:
        yield unanswered(test, next((it.answer.failure for it in looks), None))
    elif doubt is not None:
        yield say(test, "bare", server=server, names=names, doubt=doubt)
    else:
        yield say(test, "denied", names=names)


def _is_of_age(doubt: AnswerWhy) -> bool:
    """Whether the denial is doubted because it had expired, which is another test's matter."""
    return doubt.own is not None and doubt.own.tag is OwnWord.STALE


def check_dnssec(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether signed zones come with the AD bit."""
    looks = [it for it in journal.of(*_FIRST_TRIALS) if it.is_use]
    if any(it.answer.authenticated for it in looks):
        yield say("dnssec", "validated")
    elif looks:
        yield say("dnssec", "not-validated", server=journal.server)
    else:
        yield unanswered("dnssec", None)


def check_tcp(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether it answers over TCP."""
    look = journal.first(Trial.TCP)
    if look is None:
        yield unanswered("tcp", None)
    elif look.is_use:
        yield say("tcp", "answers")
    else:
        yield say("tcp", "lost", server=journal.server, failure=look.answer.failure)


def check_edns(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether EDNS is understood, and whether datagrams of more than 512 octets arrive."""
    test, server = "edns", journal.server
    root, plain, large = (journal.first(it) for it in (Trial.ROOT, Trial.PLAIN, Trial.LARGE))
    if root is None or plain is None:
        yield unanswered(test, None)
    elif not root.is_use and root.answer.status in UNHEARD and plain.is_use:
        yield say(test, "queries-lost", server=server)
    elif not root.is_use and not plain.is_use:
        yield unanswered(test, root.answer.failure)
    elif root.payload is None:
        yield say(test, "none", server=server)
    elif large is not None and large.answer.status in UNHEARD:
        yield say(test, "large-lost", server=server)
    elif large is not None and large.is_use:
        yield say(test, "spoken", payload=root.payload, octets=large.octets)
    else:
        yield say(test, "spoken-truncated", payload=root.payload)


def check_own_ptr(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether it makes up the names of this machine's addresses."""
    test, looks = "own-ptr", [it for it in journal.of(Trial.PTR) if it.is_use]
    own_words = [it.answer for it in looks if it.answer.is_local]
    if own_words:
        ips = _own_ips(journal, [it.question.name for it in own_words])
        names = tuple(dict.fromkeys(name for it in own_words for name in it.names()))
        tag = "behind" if journal.behind else "invented"
        server = journal.server
        yield say(test, tag, server=server, ips=ips, names=names, behind=journal.behind)
    elif looks:
        ips = _own_ips(journal, [it.answer.question.name for it in looks])
        yield say(test, "zones", ips=ips, count=len(ips))
    else:
        yield unanswered(test, next((it.answer.failure for it in journal.of(Trial.PTR)), None))


def _own_ips(journal: MachineJournal, reverse_names: list[str]) -> tuple[IPAddress, ...]:
    return tuple(ip for ip in journal.addresses if reverse_name(ip) in reverse_names)


def check_dns64(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether it makes IPv6 addresses."""
    look = journal.first(Trial.MADE)
    if look is None or not look.is_use:
        yield unanswered("dns64", look.answer.failure if look is not None else None)
        return
    assert look.answer.question == IPV4_ONLY
    prefixes = prefixes_of(look.answer)
    if prefixes:
        yield say("dns64", "made", server=journal.server, prefixes=prefixes)
    else:
        yield say("dns64", "none")


def check_stale(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether answers had expired."""
    looks = [it for it in journal.looks if it.server == journal.server and it.is_use]
    names = dict.fromkeys(str(it.answer.question) for it in looks if _is_stale(it))
    questions = dict.fromkeys(str(it.answer.question) for it in looks)
    if not questions:
        yield unanswered("stale", None)
        return
    values = {"server": journal.server, "count": len(names), "of": len(questions), "names": tuple(names)}
    if len(names) > len(questions) * _MANY_STALE:
        yield say("stale", "all", **values)
    else:
        yield say("stale", "some", **values) if names else say("stale", "fresh")


def _is_stale(look: ResolverLook) -> bool:
    provenance = look.answer.provenance
    return provenance is not None and provenance.error(STALE) is not None


def check_ttl(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether the TTL of a cached answer counts down."""
    looks = [it for it in journal.of(Trial.AGAIN) if it.answer.ttl is not None and it.answer.records]
    if len(looks) < len(settings.DOCTOR_AGE):
        yield unanswered("ttl", next((it.answer.failure for it in journal.of(Trial.AGAIN)), None))
        return
    ttls = [it.answer.ttl or 0 for it in looks]
    name, server = f"{RecordType.MX} {looks[0].answer.question.name}", journal.server
    values = {"name": name, "server": server, "first": ttls[0], "last": ttls[-1]}
    if not any(ttls):
        yield say("ttl", "zero", **values)
    elif len(set(ttls)) == 1:
        yield say("ttl", "stands-still", **values)
    elif ttls == sorted(ttls, reverse=True):
        seconds = (looks[-1].at_ms - looks[0].at_ms) / 1000
        yield say("ttl", "counts-down", seconds=seconds, **values)
    else:
        yield say("ttl", "several-caches", **values)


def check_many(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether many questions at once are answered."""
    looks = list(journal.of(Trial.MANY))
    lost = [it for it in looks if not it.is_use]
    alone = [it for it in journal.of(Trial.ALONE) if it.is_use]
    if not looks or "resolver" in journal.missing:
        yield leave_open("many", journal.missing.get("resolver", MachineGap.NOT_MADE))
    elif len(lost) >= settings.DOCTOR_MANY_LOST and alone:
        refusals = sum(it.answer.status is Status.REFUSED for it in lost)
        seconds = settings.DOCTOR_MANY_WAIT
        yield say(
            "many",
            "lost",
            of=len(looks),
            count=len(lost),
            refusals=refusals,
            seconds=seconds,
            server=journal.server,
        )
    else:
        yield say("many", "all", count=len(looks))
