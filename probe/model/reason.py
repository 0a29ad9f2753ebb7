"""A reason: a word of a closed vocabulary, and the values that its sentence uses.

Recordings and facts hold reasons, never sentences. The words of a reason are in
probe/knowledge/findings/reasons.toml, in the table of its vocabulary; `probe.wording.spoken` makes the
sentence.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Protocol, TypeVar

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.model.dialable import NotPublic
from probe.model.exhaustion import Shortage
from probe.model.mta_reason import MtaWhy
from probe.model.session import EndReason, Stop
from probe.model.trust import Trust


class Tagged(Protocol):
    """A reason of any vocabulary: a frozen dataclass with a word as `tag`, and the values that its sentence
    uses. Other values are empty or None."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def tag(self) -> StrEnum:
        """The word; the table of reasons.toml has the name of its class."""
        ...


Tag = TypeVar("Tag", bound=StrEnum, covariant=True)  # noqa: PLC0105 - a word, not a kind of container


@dataclass(frozen=True, slots=True)
class Reason(Generic[Tag]):
    """`tag` is the word; of the other fields only those that its sentence uses are set.

    `host` a name in DNS and `rtype` the record type asked for there, `ip` an address, `address` why that
    is no public one, `seconds` how long was waited, `most` a limit, `stop` and `end` how a session came
    to its end, `trust` what the trust store said, `shortage` what this machine has no more of, `mta` why
    the own mail server does so, `error` a name of an error that the operating system or a library has
    (ECONNRESET), `where` a place in a program or a file, `line` of a file, `more` how many others there
    are. `text` is others' own words: the operating system's, a library's, a server's; with the tag
    `other_words` a sentence of an earlier version of this program.
    """

    tag: Tag
    host: str = ""
    rtype: str = ""
    ip: IPAddress | None = None
    address: NotPublic | None = None
    seconds: float | None = None
    most: int | None = None
    more: int | None = None
    line: int | None = None
    stop: Stop | None = None
    end: EndReason | None = None
    trust: Trust | None = None
    shortage: Shortage | None = None
    mta: MtaWhy | None = None
    error: str = ""
    where: str = ""
    text: str = ""
