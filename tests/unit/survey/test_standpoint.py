"""For which address the sender is judged, and on whose word."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.model.address import IPAddress
from probe.model.reply import Reply, Stage
from probe.model.sighting import AddressBasis, Sighting, SightingPlace, counts
from probe.model.target import Options
from probe.survey.standpoint import Standpoint, sightings_in, standpoint

PRIVATE, PUBLIC = ip_address("10.0.0.5"), ip_address("9.9.9.9")
A, B = ip_address("8.8.8.8"), ip_address("8.8.4.4")
SIX = ip_address("2606:4700::1")
FREE = Options()


def named(ip: IPAddress = A, by: str = "mx1.test", place: SightingPlace = SightingPlace.EHLO) -> Sighting:
    return Sighting(ip, by, place, "session:1:ehlo")


BOUNCE = named(place=SightingPlace.BOUNCE, by="mx9.test")
LOG = named(B, "the log", SightingPlace.LOG)
ELSEWHERE = Options(ip=B)
CASES: list[tuple[str, Options, IPAddress | None, tuple[Sighting, ...], AddressBasis, IPAddress | None]] = [
    ("nobody says anything", FREE, PUBLIC, (), AddressBasis.BOUND, PUBLIC),
    ("no route", FREE, None, (), AddressBasis.NOWHERE, None),
    ("private, and nobody says anything", FREE, PRIVATE, (), AddressBasis.PRIVATE, None),
    ("carrier NAT", FREE, ip_address("100.64.1.1"), (), AddressBasis.PRIVATE, None),
    ("ULA", FREE, ip_address("fd00::1"), (), AddressBasis.PRIVATE, None),
    ("loopback", FREE, ip_address("127.0.0.1"), (), AddressBasis.PRIVATE, None),
    ("link-local", FREE, ip_address("fe80::1"), (), AddressBasis.PRIVATE, None),
    ("private, one server names one", FREE, PRIVATE, (named(),), AddressBasis.SAID, A),
    ("private, one server twice", FREE, PRIVATE, (named(), named(place=SightingPlace.REPLY)),
     AddressBasis.SAID, A),
    ("private, two servers agree", FREE, PRIVATE, (named(), named(by="mx2.test")), AddressBasis.SEEN, A),
    ("private, two servers differ", FREE, PRIVATE, (named(), named(B, "mx2.test")), AddressBasis.SAID, A),
    ("private, two of three agree", FREE, PRIVATE, (named(B, "mx3.test"), named(), named(by="mx2.test")),
     AddressBasis.SEEN, A),
    ("private, a private one is named", FREE, PRIVATE, (named(ip_address("192.168.1.1")),),
     AddressBasis.PRIVATE, None),
    ("private, one of documentation is named", FREE, PRIVATE, (named(ip_address("192.0.2.1")),),
     AddressBasis.PRIVATE, None),
    ("the same in a laboratory", Options(allow_private=True), PRIVATE, (named(ip_address("192.0.2.1")),),
     AddressBasis.SAID, ip_address("192.0.2.1")),
    ("private, one of the other family", FREE, PRIVATE, (named(SIX),), AddressBasis.PRIVATE, None),
    ("public, and named", FREE, PUBLIC, (named(PUBLIC), named(by="mx2.test")), AddressBasis.BOUND, PUBLIC),
    ("public, one names another", FREE, PUBLIC, (named(),), AddressBasis.SAID, A),
    ("public, two name another", FREE, PUBLIC, (named(), named(by="mx2.test")), AddressBasis.SEEN, A),
    ("public, a bounce names another", FREE, PUBLIC, (BOUNCE,), AddressBasis.BOUND, PUBLIC),
    ("public, a server bears out the bounce", FREE, PUBLIC, (named(), BOUNCE), AddressBasis.SEEN, A),
    ("private, a bounce names one", FREE, PRIVATE, (BOUNCE,), AddressBasis.SAID, A),
    ("private, the log names one", FREE, PRIVATE, (named(), LOG), AddressBasis.LOGGED, B),
    ("the log names the bound one", FREE, B, (LOG,), AddressBasis.BOUND, B),
    ("the log names a private one", FREE, PRIVATE,
     (named(PRIVATE, "the log", SightingPlace.LOG),), AddressBasis.PRIVATE, None),
    ("given", ELSEWHERE, PRIVATE, (named(), named(by="mx2.test")), AddressBasis.GIVEN, B),
    ("given, and private on purpose", Options(ip=PRIVATE), PRIVATE, (), AddressBasis.GIVEN, PRIVATE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "bound", "sightings", "basis", "ip"),
    [case[1:] for case in CASES],
    ids=[it[0] for it in CASES],
)
def test_what_is_judged(
    options: Options,
    bound: IPAddress | None,
    sightings: tuple[Sighting, ...],
    basis: AddressBasis,
    ip: IPAddress | None,
) -> None:
    stand = standpoint(options, bound, sightings)
    assert (stand.basis, stand.ip) == (basis, ip)


def test_who_names_it_is_told_once() -> None:
    stand = standpoint(FREE, PRIVATE, (named(), named(), named(by="mx2.test")))
    assert stand == Standpoint(A, AddressBasis.SEEN, ("mx1.test", "mx2.test"))
    assert standpoint(FREE, PUBLIC, (named(PUBLIC),)).by == ("mx1.test",)
    assert standpoint(FREE, PUBLIC, ()).by == ()


@pytest.mark.parametrize(
    ("ip", "allow_private", "redacted", "is_one"),
    [
        ("8.8.8.8", False, False, True),
        ("2606:4700::1", False, False, True),
        ("10.0.0.1", True, True, False),
        ("169.254.1.1", True, True, False),
        ("192.0.2.1", False, False, False),
        ("192.0.2.1", True, False, True),
        ("2001:db8::1", False, True, True),
        ("240.0.0.1", False, True, True),
        ("224.0.0.1", True, True, False),
        ("0.0.0.0", True, True, False),
    ],
)
def test_only_a_global_address_can_be_one_that_mail_leaves_from(
    ip: str, allow_private: bool, redacted: bool, is_one: bool
) -> None:
    assert counts(ip_address(ip), allow_private=allow_private, redacted=redacted) is is_one


def test_a_session_names_each_address_once() -> None:
    hello = Reply(250, None, ("mx Hello probe [8.8.8.8]",))
    refusal = Reply(550, None, ("client host [8.8.8.8] blocked",))
    other = Reply(550, None, ("client host [8.8.4.4] blocked",))
    replies = [
        (Stage.EHLO, "EHLO x", hello, "session:1:ehlo"),
        (Stage.MAIL, "MAIL", refusal, "session:1:mail"),
        (Stage.RCPT, "RCPT", other, "session:1:rcpt"),
    ]
    result = sightings_in("MX.Test.", replies, server=ip_address("1.1.1.1"), bound=PRIVATE)
    assert [(it.ip, it.by, it.place, it.ref) for it in result] == [
        (A, "mx.test", SightingPlace.EHLO, "session:1:ehlo"),
        (B, "mx.test", SightingPlace.REPLY, "session:1:rcpt"),
    ]
