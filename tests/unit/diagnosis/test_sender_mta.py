"""The local mail server as the report has it."""

from __future__ import annotations

from dataclasses import replace

from probe.diagnosis.sender_mta import sender_mta
from probe.model.sender_mta import TextFact
from tests.support.facts import facts
from tests.support.recordings import SENDING_SERVER

WHOLE = replace(
    SENDING_SERVER,
    sends_from=TextFact("a@sender.co.uk", "postmap sender_canonical_maps"),
    sends_to=TextFact("b@recipient.example", "postmap virtual_alias_maps"),
)
ALWAYS = {"helo", "source_v4", "source_v6", "families", "tls", "size_limit"}
SOMETIMES = {"sends_from", "sends_to", "content_filter", "reply_filter", "status_filter"}


def test_each_fact_that_there_is_has_its_source() -> None:
    for lack in (set[str](), {"content_filter"}, SOMETIMES):
        mta = replace(WHOLE, **dict.fromkeys(lack))  # type: ignore[arg-type]
        report = sender_mta(facts(mta=mta))
        assert report is not None
        sources = dict(line.split(": ", 1) for line in report.sources)
        assert sources.keys() == ALWAYS | SOMETIMES - lack
        for name in SOMETIMES - lack:
            assert sources[name] == getattr(mta, name).source
