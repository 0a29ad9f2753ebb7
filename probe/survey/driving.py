"""The requests that a survey can make, and the driver that answers them from a recording.

A survey is a generator: it yields requests and is sent the result of each. A live run answers them over the
network, several at once (`probe/collect/driver.py`); the facts answer them from the recording, one after the
other. So the order of the questions is written only once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar, overload

from probe._dataclass import dataclass
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
    """The probe's own addresses and name. `source_ip` is the address that the sender is judged for,
    `outside_ip` the one at which servers see the probe (None: no route, or not known), `helo` its EHLO name
    (empty: not known)."""

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
    """A survey that a live run reports as not reached if it was not finished; `instead` is its result if this
    program raises in it."""

    name: Part
    survey: Survey[Any]
    instead: Any


@dataclass(frozen=True, slots=True)
class Lengthy:
    """A computation that takes long."""

    work: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """Asks for the `Place`; a live run knows it once it knows the route."""


@dataclass(frozen=True, slots=True)
class Mailer:
    """Asks for the `Sending`; a live run knows it once the local mail server has been read. None if there is
    nothing but the options."""


@dataclass(frozen=True, slots=True)
class Route:
    """Reports the mail route of the recipient; None if this program failed to find it."""

    mx: MxResult | None


@dataclass(frozen=True, slots=True)
class PolicyHost:
    """Asks for an MTA-STS policy, with the DNS answers about its host."""

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
    """Run all of them at once; the results in their order."""
    results: tuple[Any, ...] = yield Together(surveys)
    return results


def part(name: Part, survey: Survey[T], instead: T) -> Survey[T]:
    """Run the survey as a separate part; see `PartOfRun`."""
    result: T = yield PartOfRun(name, survey, instead)
    return result


def lengthy(work: Callable[[], T]) -> Survey[T]:
    """The result of `work`."""
    result: T = yield Lengthy(work)
    return result


def standing() -> Survey[Place]:
    """The probe's own addresses and name."""
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
    """The result of a survey over known answers; answers that a name server made itself count as unknown."""
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
