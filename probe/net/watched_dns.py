"""A dnspython nameserver that enforces a deadline and notes what was left unanswered.

For libraries that ask DNS by themselves and do not tell a failure of DNS from a missing record.
"""

from __future__ import annotations

import dns.exception
import dns.message
import dns.nameserver
import dns.rcode
import dns.rdatatype

from probe.net.clock import Deadline


class Stop(BaseException):
    """Ends an inquiry from inside a query. Not an Exception: dnspython and the libraries above it take
    every Exception of a nameserver for a failed try, and would go on asking."""


class Watch:
    """What DNS left unanswered in one inquiry. Questions for the `spared` record types are not sent;
    they are answered here with NODATA."""

    def __init__(self, deadline: Deadline, spared: frozenset[dns.rdatatype.RdataType]) -> None:
        self.deadline = deadline
        self._spared = spared
        self._unanswered: dict[str, str] = {}
        self._too_late = False

    def before(self, request: dns.message.Message) -> None:
        """Raise Stop when the time is over, or when an earlier question stayed unanswered, after
        which no conclusion would be kept."""
        if self.deadline.passed:
            self._too_late = True
            raise Stop
        if self._unanswered and self._name(request) not in self._unanswered:
            raise Stop

    def spares(self, request: dns.message.Message) -> bool:
        """Whether a question is not to be sent."""
        return request.question[0].rdtype in self._spared

    def failed(self, request: dns.message.Message, how: str) -> None:
        """One nameserver did not answer one question."""
        self._unanswered[self._name(request)] = how

    def answered(self, request: dns.message.Message) -> None:
        """A nameserver answered, perhaps after another had not."""
        self._unanswered.pop(self._name(request), None)

    def problem(self) -> str:
        """Why nothing may be concluded; empty when everything was answered."""
        if self._unanswered:
            name, how = next(iter(self._unanswered.items()))
            return f"DNS did not answer {name}: {how}"
        return "the time ran out" if self._too_late else ""

    @staticmethod
    def _name(request: dns.message.Message) -> str:
        question = request.question[0]
        return f"{dns.rdatatype.to_text(question.rdtype)} {question.name.to_text(omit_final_dot=True)}"


class WatchedNameserver(dns.nameserver.Do53Nameserver):
    """A plain nameserver whose every query is seen by the watch."""

    def __init__(self, address: str, port: int, watch: Watch) -> None:
        super().__init__(address, port)
        self._watch = watch

    def query(
        self,
        request: dns.message.QueryMessage,
        timeout: float,
        source: str | None,
        source_port: int,
        max_size: bool,
        one_rr_per_rrset: bool = False,
        ignore_trailing: bool = False,
    ) -> dns.message.Message:
        watch = self._watch
        watch.before(request)
        if watch.spares(request):
            return dns.message.make_response(request, recursion_available=True)
        try:
            response = super().query(
                request,
                watch.deadline.cut(timeout),
                source,
                source_port,
                max_size,
                one_rr_per_rrset,
                ignore_trailing,
            )
        except dns.message.Truncated:
            raise  # asked again over TCP
        except dns.exception.Timeout:
            watch.failed(request, "timeout")
            raise
        except (dns.exception.DNSException, OSError, EOFError) as error:
            watch.failed(request, str(error) or type(error).__name__)
            raise
        if response.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            watch.answered(request)
        else:
            watch.failed(request, dns.rcode.to_text(response.rcode()))
        return response
