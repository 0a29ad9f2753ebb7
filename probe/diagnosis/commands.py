"""The command line that makes a run again, with one thing changed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from probe.facts.model import Facts
from probe.model.target import Options, PairTarget

_DEFAULT = Options()


def command(
    facts: Facts,
    extra: str,
    *,
    leave: tuple[str, ...] = (),
    sender: str = "",
    recipient: str = "",
) -> str:
    """The same run again with the flags of `extra`, which override those of the run.

    `sender` and `recipient` replace those of the run if given; the options named by `leave` are left out.
    Files (--message, --bounce) are not named again, because their paths are not recorded; the size of the
    message is kept.
    """
    target = facts.target
    if isinstance(target, PairTarget):
        name = "check"
        operands = [sender or str(target.reverse_path), recipient or str(target.forward_path)]
    else:
        name, operands = "domain", [target.domain]
    left_out = {*leave, *(word for word in extra.split() if word.startswith("-"))}
    if left_out & _FAMILY:
        left_out |= _FAMILY
    options = [word for option in _options(facts) if option[0] not in left_out for word in option]
    words = ["smtp-probe", name, *operands, *options]
    if not any(operand.startswith("-") for operand in operands):
        return " ".join([shlex.join(words), extra]).strip()
    # an address that begins with "-" would be taken for an option
    parts = (shlex.join(["smtp-probe", name, *options]), extra, "--", shlex.join(operands))
    return " ".join(part for part in parts if part)


def fill(text: str, words: Mapping[str, str]) -> str:
    """`text` with each {name} replaced."""
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text


def fill_flags(flags: str, words: Mapping[str, str]) -> str:
    """The same for a part of a command line, quoted: a name from outside (an MX host, a PTR) stays a single
    word."""
    return fill(flags, {name: shlex.quote(word) for name, word in words.items()})


_FAMILY = {"-4", "-6"}


def _options(facts: Facts) -> Iterator[tuple[str, ...]]:
    """The options of the run that differ from the defaults, as words of a command line."""
    options = facts.user_options or facts.options
    yield from _of_sender(facts, options)
    yield from _of_server(options)
    for server in options.nameservers:
        yield "--nameserver", str(server)
    if not options.dnsbl_enabled:
        yield ("--no-dnsbl",)
    for zone in options.dnsbl:
        yield "--dnsbl", zone
    if options.timeout != _DEFAULT.timeout:
        yield "--timeout", f"{options.timeout:g}"
    if options.fail_on is not _DEFAULT.fail_on:
        yield "--fail-on", options.fail_on.value


def _of_sender(facts: Facts, options: Options) -> Iterator[tuple[str, ...]]:
    if options.ip is not None:
        yield "--ip", str(options.ip)
    if options.bind is not None:
        yield "--bind", str(options.bind)
    if options.header_from is not None:
        yield "--header-from", str(options.header_from)
    if options.helo is not None:
        yield "--helo", options.helo
    for selector in options.selectors:
        yield "--selector", selector
    if facts.planned_size is not None:
        yield "--size", str(facts.planned_size)


def _of_server(options: Options) -> Iterator[tuple[str, ...]]:
    if options.mx is not None:
        yield "--mx", str(options.mx)
    if options.port != _DEFAULT.port:
        yield "--port", str(options.port)
    if len(options.families) == 1:
        yield (f"-{options.families[0]}",)
    if options.tls is not _DEFAULT.tls:
        yield "--tls", options.tls.value
    if options.controls is not _DEFAULT.controls:
        yield "--controls", options.controls.value
    if not options.smtp:
        yield ("--no-smtp",)
    if options.allow_private:
        yield ("--allow-private",)
    if options.mta is not _DEFAULT.mta:
        yield "--mta", options.mta.value
    if options.mta_config:
        yield "--config-dir", options.mta_config
    if options.route is not _DEFAULT.route:
        yield "--route", options.route.value
