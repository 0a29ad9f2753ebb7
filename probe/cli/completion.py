"""`smtp-probe completion SHELL`."""

from __future__ import annotations

from typing import Annotated

from probe.cli import choices
from probe.cli import options as opt
from probe.cli import output as out
from probe.cli.errors import UsageError
from probe.cli.parameters import Argument

EXAMPLE = """
Example:
  smtp-probe completion bash -o ~/.local/share/bash-completion/completions/smtp-probe
  smtp-probe completion zsh -o ~/.zfunc/_smtp-probe
  smtp-probe completion fish -o ~/.config/fish/completions/smtp-probe.fish
"""
SHELLS = ("bash", "zsh", "fish")


def completion(
    shell: Annotated[str, Argument(metavar="SHELL", help="bash, zsh or fish.")],
    output: opt.OutputOption = None,
) -> int:
    """Print the script that completes this command line in a shell.

    It completes commands, options, their values, the scenarios of `demo`, and the ids of checks and rules.
    The text is fixed: completing starts no smtp-probe.
    """
    if shell not in SHELLS:
        raise UsageError("SHELL", f"{shell!r} is unknown; there are {', '.join(SHELLS)}")
    path = choices.output_path(output)
    out.speak_utf8()
    from probe.cli.completion_scripts import scripts  # it reads the declarations of all commands

    out.deliver_text(scripts()[shell], path)
    return 0
