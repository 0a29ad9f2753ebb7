"""The shared options, checked: where the report goes, and how servers are reached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from probe import settings
from probe._dataclass import dataclass, replace
from probe.cli import values
from probe.cli.errors import UsageError
from probe.cli.output import chosen_format
from probe.model.address import IPAddress
from probe.model.sender_mta import MtaChoice, RouteChoice
from probe.model.target import ControlsMode, Endpoint, FailOn, Options, TlsMode
from probe.report.formats import Format, Kind

if TYPE_CHECKING:
    from probe.cli.tape import RecordTo
    from probe.knowledge.severities import Severities


@dataclass(frozen=True, slots=True)
class Destination:
    """Format, file (None: stdout) and amount of a report, and whether it is paged; checked."""

    form: Format
    path: Path | None
    verbosity: int
    is_paged: bool = False


def destination(
    form: str,
    output: str | None,
    *,
    quiet: bool,
    verbose: bool,
    pager: bool = False,
    warning: list[str] | None = None,
    critical: list[str] | None = None,
) -> Destination:
    """Read --format, -o, -q, -v, --pager, -w and -c. Raises UsageError."""
    if quiet and verbose:
        raise UsageError("-q", "cannot be used together with -v")
    return Destination(
        with_thresholds(chosen_format(form, Kind.RUN), warning, critical),
        output_path(output),
        -1 if quiet else 1 if verbose else 0,
        pager,
    )


def with_thresholds(form: Format, warning: list[str] | None, critical: list[str] | None) -> Format:
    """The format with the thresholds of -w and -c. Raises UsageError, also if it has none."""
    if not warning and not critical:
        return form
    if not form.is_plugin:
        raise UsageError("-w" if warning else "-c", "needs --format nagios, whose thresholds it sets")
    from probe.cli.plugin import thresholds

    return form._replace(thresholds=thresholds(warning or (), critical or ()))


def record_to(record: str | None) -> RecordTo | None:
    """Read --record: a file, a directory, or "-" for stdout. Raises UsageError."""
    from probe.cli.tape import RecordTo

    if record is None:
        return None
    if record == "-":
        return RecordTo(None)
    # Path.is_dir raises OSError for an impossible file name
    if record.endswith(os.sep) or os.path.isdir(record):  # noqa: PTH112
        return RecordTo(values.output_directory("--record", record), is_directory=True)
    return RecordTo(values.output_file("--record", record))


def recording(name: str | None, *, last: bool) -> Path:
    """Read RECORDING and --last: a file, the name of a run of the history, or which of the last. Raises
    UsageError."""
    if last:
        if name is not None and not (name.isascii() and name.isdecimal() and int(name[:9])):
            raise UsageError("--last", f"takes a number, 1 for the last run, and no RECORDING ({name})")
        from probe.cli.tape import last_run

        return last_run(int(name[:9]) if name else 1)
    if name is None:
        raise UsageError("RECORDING", "give a file made by --record, or --last for the last run")
    path = Path("/dev/stdin" if name == "-" else name)
    if path.exists() or os.sep in name:
        return path
    from probe.cli.tape import past_run

    return past_run(name) or path


def output_path(output: str | None) -> Path | None:
    """Read -o; None for stdout, which is "-", too. Raises UsageError."""
    return values.output_file("-o", output) if output not in (None, "-") else None


def severities(path: str | None) -> Severities | None:
    """Read --severities. Raises UsageError."""
    if path is None:
        return None
    from probe.knowledge.severities import SeveritiesError, read_severities

    try:
        return read_severities(values.text_file("--severities", path, settings.SEVERITIES_SIZE_LIMIT))
    except SeveritiesError as error:
        raise UsageError("--severities", f"{path}: {error}") from None


@dataclass(frozen=True, slots=True)
class Reach:
    """How servers are reached: the options of `check`, `domain`, `bulk` and `doctor`."""

    bind: IPAddress | None
    helo: str | None
    nameservers: tuple[Endpoint, ...]
    mx: Endpoint | None
    port: int
    families: tuple[int, ...]
    timeout: float

    @classmethod
    def read(
        cls,
        *,
        bind: str | None,
        helo: str | None,
        nameservers: list[str] | None,
        mx: str | None,
        port: str,
        ipv4: bool,
        ipv6: bool,
        timeout: str | None,
        usual_timeout: float = settings.RUN_TIMEOUT,
    ) -> Reach:
        """Read the options' texts; `usual_timeout` in seconds holds where --timeout is not given. Raises
        UsageError."""
        port_number = values.port("--port", port)
        families = (4,) if ipv4 and not ipv6 else (6,) if ipv6 and not ipv4 else (4, 6)
        bind_ip = values.ip("--bind", bind) if bind is not None else None
        if bind_ip is not None and bind_ip.version not in families:
            raise UsageError(
                "--bind", f"{bind} is an IPv{bind_ip.version} address, but -{families[0]} is set"
            )
        if bind_ip is not None and not is_own(bind_ip):
            raise UsageError(
                "--bind", f"{bind} is not an address of this machine; --ip says where your mail leaves from"
            )
        return cls(
            bind=bind_ip,
            helo=values.helo("--helo", helo) if helo is not None else None,
            nameservers=tuple(values.nameserver("--nameserver", item) for item in nameservers or ()),
            mx=values.endpoint("--mx", mx, port_number) if mx is not None else None,
            port=port_number,
            families=families,
            timeout=values.timeout("--timeout", timeout) if timeout is not None else usual_timeout,
        )

    def options(self, *, tls: str, smtp: bool, allow_private: bool, fail_on: str) -> Options:
        """The options of a run, with a fresh seed. Raises UsageError."""
        return Options(
            bind=self.bind,
            helo=self.helo,
            nameservers=self.nameservers,
            mx=self.mx,
            port=self.port,
            families=self.families,
            timeout=self.timeout,
            tls=values.choice("--tls", tls, TlsMode),
            smtp=smtp,
            allow_private=allow_private,
            fail_on=values.choice("--fail-on", fail_on, FailOn),
            seed=int.from_bytes(os.urandom(4)),  # as `secrets` does, which takes 6 ms to load
        )


def is_own(ip: IPAddress) -> bool:
    """Whether this machine has the address."""
    from probe.net.route import is_own_address

    return is_own_address(ip)


def as_server(options: Options, mta: str, config: str | None, route: str) -> Options:
    """The same with --mta, --config-dir and --route. Raises UsageError, also if one of them has no effect."""
    choice, folder = own_server(mta, config)
    whom = values.choice("--route", route, RouteChoice)
    return replace(options, mta=choice, mta_config=folder, route=whom)


def own_server(mta: str, config: str | None) -> tuple[MtaChoice, str]:
    """Read --mta and --config-dir. Raises UsageError."""
    choice = values.choice("--mta", mta, MtaChoice)
    if choice is MtaChoice.NONE and config is not None:
        raise UsageError("--config-dir", "cannot be used together with --mta none")
    return choice, config_dir(config)


def config_dir(value: str | None) -> str:
    """Read --config-dir: an absolute path. Raises UsageError if it does not exist."""
    if value is None:
        return ""
    path = Path(value).expanduser().absolute()
    if not path.exists() or any(sign < " " for sign in value):
        raise UsageError("--config-dir", f"{value} is not there")
    return str(path)


def controls(value: str) -> ControlsMode:
    """Read --controls. Raises UsageError."""
    return values.choice("--controls", value, ControlsMode)
