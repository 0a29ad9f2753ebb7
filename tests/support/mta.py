"""Fixtures of this host's mail server: their calls as answers, and what must be read from them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from probe.model.address_parse import parse_mailbox, parse_reverse_path
from probe.model.local_tool import Call, FileCall, Inquiry, ToolOutput, ToolReason, ToolWhy
from probe.model.sender_mta import Hop, MtaChoice, NoSenderMta, SenderMta, TextFact
from probe.reading.mta.inquiry import READERS
from probe.wording.spoken import spoken

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "mta"
NAMES = tuple(path.stem for path in sorted(FOLDER.glob("*.toml")))
DIRECTORY = "@DIR@"
Key = tuple[str, tuple[str, ...], str]


def fixture(name: str) -> dict[str, Any]:
    """One fixture as it stands."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def inquiry_of(whole: dict[str, Any], config: str = DIRECTORY) -> Inquiry[SenderMta | NoSenderMta]:
    """The inquiry that a fixture is about."""
    ask = READERS[MtaChoice(whole["software"])]
    sender, recipient = whole["ask"]["sender"], whole["ask"]["recipient"]
    return ask(parse_reverse_path(sender), parse_mailbox(recipient), config)


def key_of(call: Call) -> Key:
    """A call as a fixture names it."""
    if isinstance(call, FileCall):
        return ("", (call.path,), "")
    return (call.program, call.arguments, call.stdin)


def recorded(whole: dict[str, Any]) -> Callable[[Call], ToolOutput]:
    """What the real programs said. KeyError for a call that was not recorded."""
    answers: dict[Key, ToolOutput] = {}
    for row in whole["call"]:
        key = (row["program"], tuple(row["arguments"]), row["stdin"])
        exit_code = None if row["exit"] < 0 else row["exit"]
        failure, missing = _failure(row.get("failure")), row.get("missing", False)
        is_file = not row["program"] and exit_code == 0
        name = row["arguments"][0].removeprefix(f"{DIRECTORY}/") if is_file else ""
        text = whole["files"].get(name, row["stdout"]).lstrip("\n")
        answers[key] = ToolOutput(text, row["stderr"], exit_code, failure, missing)
    return lambda call: answers[key_of(call)]


def _failure(row: dict[str, Any] | None) -> ToolWhy | None:
    return ToolWhy(ToolReason(row["tag"]), **{k: v for k, v in row.items() if k != "tag"}) if row else None


def summary(mta: SenderMta) -> dict[str, Any]:
    """All facts in the words of `expected`."""
    route, tls = mta.route, mta.tls
    return {
        "helo": mta.helo.value,
        "helo_source": mta.helo.source,
        "helo_reason": spoken(mta.helo.reason),
        "source_v4": str(mta.source_v4.value) if mta.source_v4.value else None,
        "source_v6": str(mta.source_v6.value) if mta.source_v6.value else None,
        "families": list(mta.families.usable),
        "preferred": mta.families.preferred,
        "route": route.kind.value,
        "route_source": route.source,
        "route_reason": spoken(route.reason),
        "hops": [_shown(hop) for hop in route.hops],
        "authenticates": route.authenticates,
        "tls": tls.level.value if tls.level is not None else None,
        "tls_source": tls.source,
        "tls_names": list(tls.names),
        "size_limit": mta.size_limit.value,
        "sends_from": mta.sends_from.value if mta.sends_from is not None else None,
        "sends_from_source": mta.sends_from.source if mta.sends_from is not None else None,
        "sends_to": mta.sends_to.value if mta.sends_to is not None else None,
        "sends_to_source": mta.sends_to.source if mta.sends_to is not None else None,
        "fallback": [_shown(hop) for hop in route.fallback],
        "fallback_by": route.fallback_by,
        "fallback_tls": [policy.level for policy in route.fallback_tls],
        "own": [str(ip) for ip in mta.own.addresses],
        "own_of_interfaces": mta.own.of_interfaces,
        "waits_at_refusal": mta.waits_at_refusal,
        "tls_reason": spoken(tls.reason),
        "content_filter": _fact(mta.content_filter),
        "reply_filter": _fact(mta.reply_filter),
        "status_filter": _fact(mta.status_filter),
    }


def _fact(fact: TextFact | None) -> str | None:
    return f"{fact.value} ({fact.source})" if fact is not None else None


def _shown(hop: Hop) -> str:
    return f"{hop.host}:{hop.port}" if hop.by_mx else f"[{hop.host}]:{hop.port}"
