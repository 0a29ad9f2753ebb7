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


def completion(
    shell: Annotated[str, Argument(metavar="SHELL", help="bash, zsh or fish.")],
    output: opt.OutputOption = None,
) -> int:
    """Print the script that completes this command line in a shell.

    It completes commands, options, their values, the scenarios of `demo`, and the ids of checks and rules.
    The text is fixed: completing starts no smtp-probe.
    """
    from probe.cli.completion_scripts import scripts  # it reads the declarations of all commands

    texts = scripts()
    if shell not in texts:
        raise UsageError("SHELL", f"{shell!r} is unknown; there are {', '.join(texts)}")
    path = choices.output_path(output)
    out.speak_utf8()
    out.deliver_text(texts[shell], path)
    return 0
