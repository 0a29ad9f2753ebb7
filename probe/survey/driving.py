"""What a survey asks of whoever drives it, and the driver that has its answers from a recording.

A survey is a generator: it yields requests, and is sent what came of each. A live run meets them over the
network, several at once (`probe/collect/driver.py`); the facts meet them from what was recorded, one after
the other. So the order of the questions stands once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, overload

from probe.model.address import IPAddress
from probe.model.observed import Part
from probe.standards.dns.message import Answer, Question
from probe.standards.dns.results import MxResult
from probe.survey.sending import Sending

T = TypeVar("T")
U = TypeVar("U")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

Survey: TypeAlias = Generator["Request", Any, T]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the probe stands. `source_ip` is the address that the sender is judged for, `outside_ip` the one
    at which servers see the probe (None: no route, or not known), `helo` the name that it says (empty: not
    known)."""

    source_ip: IPAddress | None
    outside_ip: IPAddress | None
    helo: str


NOWHERE = Place(None, None, "")


@dataclass(frozen=True, slots=True)
class Together:
    """Several surveys at once; their results are sent back in their order."""

    surveys: tuple[Survey[Any], ...]


@dataclass(frozen=True, slots=True)
class PartOfRun:
    """A survey that a live run names when it did not get to its end; `instead` is its result where this
    program fails at it."""

    name: Part
    survey: Survey[Any]
    instead: Any


@dataclass(frozen=True, slots=True)
class Lengthy:
    """Something that takes long to compute."""

    work: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the probe stands, as a `Place`; a live run knows that once it knows the route."""


@dataclass(frozen=True, slots=True)
class Mailer:
    """How the run sends, as a `Sending`; a live run knows that once this host's mail server has told. None
    where nobody says: as the options have it."""


@dataclass(frozen=True, slots=True)
class Route:
    """Says where the recipient's mail is taken; None where this program failed to find out."""

    mx: MxResult | None


@dataclass(frozen=True, slots=True)
class PolicyHost:
    """Says that a policy of MTA-STS is to be fetched, and what DNS said of its host."""

    domain: str
    answers: tuple[Answer, ...]


Request: TypeAlias = (
    tuple[Question, ...] | Together | PartOfRun | Lengthy | Standing | Mailer | Route | PolicyHost
)


@overload
def together(a: Survey[A], b: Survey[B], /) -> Survey[tuple[A, B]]: ...
@overload
def together(a: Survey[A], b: Survey[B], c: Survey[C], /) -> Survey[tuple[A, B, C]]: ...
def together(*surveys: Survey[Any]) -> Survey[tuple[Any, ...]]:
    """All of them at once, and what each came to."""
    results: tuple[Any, ...] = yield Together(surveys)
    return results


def part(name: Part, survey: Survey[T], instead: T) -> Survey[T]:
    """The survey as a part of its own; see `PartOfRun`."""
    result: T = yield PartOfRun(name, survey, instead)
    return result


def lengthy(work: Callable[[], T]) -> Survey[T]:
    """What `work` gives."""
    result: T = yield Lengthy(work)
    return result


def standing() -> Survey[Place]:
    """Where the probe stands."""
    place: Place = yield Standing()
    return place


def mailer() -> Survey[Sending | None]:
    """How the run sends."""
    how: Sending | None = yield Mailer()
    return how


def drive(
    survey: Survey[T],
    look_up: Callable[[Question], Answer],
    place: Place,
    how: Sending | None = None,
) -> T:
    """What a survey comes to over answers that are known already, each as it is to be believed."""
    reply: Any = None
    while True:
        try:
            request = survey.send(reply)
        except StopIteration as stop:
            result: T = stop.value
            return result
        reply = _answer(request, look_up, place, how)


def _answer(
    request: Request, look_up: Callable[[Question], Answer], place: Place, how: Sending | None
) -> Any:
    match request:
        case Together():
            return tuple(drive(survey, look_up, place, how) for survey in request.surveys)
        case PartOfRun():
            return drive(request.survey, look_up, place, how)
        case Lengthy():
            return request.work()
        case Standing():
            return place
        case Mailer():
            return how
        case Route() | PolicyHost():
            return None
        case _:
            return tuple(look_up(question).believed() for question in request)
