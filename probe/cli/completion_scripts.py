"""Makes the completion scripts of bash, zsh and fish, each with all its words, from all commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from probe.cli.command_words import HELP, VERSION, CommandWords, Kind, OptionWords, Value, all_commands

_ORIGIN = "# Made by smtp-probe completion; do not edit."
_OF_HELP = "Show the help of a command."  # what `smtp-probe help COMMAND` does
_HEAD = {
    "bash": f"{_ORIGIN}\n# Completion of smtp-probe for bash 4.4 or later.",
    "zsh": f"#compdef smtp-probe\n{_ORIGIN}",
    "fish": f"{_ORIGIN}\n# Completion of smtp-probe for fish 3.0 or later.",
}


def scripts() -> dict[str, str]:
    """The text of the script of each shell, by the shell's name."""
    commands = all_commands()
    texts = {"bash": _bash(commands), "zsh": _zsh(commands), "fish": _fish(commands)}
    return {shell: "\n".join((_HEAD[shell], *lines)) + "\n" for shell, lines in texts.items()}


# --- bash ------------------------------------------------------------------------------------------------

# The line is divided at spaces alone: bash itself also divides at ":" and "=", which are parts of words here,
# and replaces what stands behind the last of them.
_BASH_HEAD = r"""
_smtp_probe() {
    local line=${COMP_LINE:0:COMP_POINT}
    local current=${line##*[[:space:]]} command='' before='' rest='' words='' kind='' word
    local -a typed
    read -ra typed <<<"${line%"$current"}"
    for word in "${typed[@]:1}"; do
        [[ -z $command && $word != -* ]] && command=$word
        before=$word
    done
    rest=$current
    if [[ $current == --*=* ]]; then
        before=${current%%=*}
        rest=${current#*=}
    fi
    case "$command $before" in"""
_BASH_MIDDLE = r"""    esac
    if [[ -z $kind ]]; then
        if [[ $current == --*=* ]]; then
            return
        elif [[ $current == -* ]]; then
            kind=words
            case $command in"""
_BASH_OPERANDS = r"""            esac
        else
            case $command in"""
_BASH_TAIL = r"""            esac
        fi
    fi
    COMPREPLY=()
    case $kind in
        words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$rest") ;;
        files)
            mapfile -t COMPREPLY < <(compgen -f -- "$rest")
            compopt -o filenames
            ;;
        directories)
            mapfile -t COMPREPLY < <(compgen -d -- "$rest")
            compopt -o filenames
            ;;
    esac
    if [[ $kind == words && $rest == *:* && $COMP_WORDBREAKS == *:* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${rest%"${rest##*:}"}"}")
    fi
    if [[ $current == --*=* && $COMP_WORDBREAKS != *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]/#/"$before="}")
    fi
}
complete -F _smtp_probe smtp-probe"""


def _bash(commands: Sequence[CommandWords]) -> Iterator[str]:
    yield _BASH_HEAD
    for command in commands:
        for option in command.options:
            if option.value is not None:
                labels = " | ".join(f'"{command.name} {name}"' for name in option.names)
                yield f"        {labels}) {_bash_value(option.value)} ;;"
    yield _BASH_MIDDLE
    for command in commands:
        names = " ".join(name for option in command.options for name in option.names)
        yield f"                {command.name}) words='{names}' ;;"
    yield f"                '') words='{VERSION.names[0]} --help -h' ;;"
    yield _BASH_OPERANDS
    for command in commands:
        for operand in command.operands[:1]:
            if operand.value.kind is not Kind.TEXT:
                yield f"                {command.name}) {_bash_value(operand.value)} ;;"
    yield f"                '' | help) kind=words words='{' '.join([*_names(commands), 'help'])}' ;;"
    yield _BASH_TAIL


def _bash_value(value: Value) -> str:
    match value.kind:
        case Kind.WORD:
            return f"kind=words words='{' '.join(value.words)}'"
        case Kind.FILE:
            return "kind=files"
        case Kind.DIRECTORY:
            return "kind=directories"
        case _:
            return "kind=text"


# --- zsh -------------------------------------------------------------------------------------------------

_ZSH_HEAD = r"""
_smtp-probe() {
    local curcontext=$curcontext
    local -a commands
    commands=("""
_ZSH_MIDDLE = r"""    )
    if ((CURRENT == 2)); then
        if [[ $words[2] == -* ]]; then
            _arguments"""
_ZSH_COMMANDS = r"""        else
            _describe -t commands 'command of smtp-probe' commands
        fi
        return
    fi
    local command=$words[2]
    shift words
    ((CURRENT--))
    case $command in"""
_ZSH_TAIL = r"""        help)
            _describe -t commands 'command of smtp-probe' commands
            ;;
    esac
}
if [[ $funcstack[1] == _smtp-probe ]]; then
    _smtp-probe "$@"
else
    compdef _smtp-probe smtp-probe
fi"""


def _zsh(commands: Sequence[CommandWords]) -> Iterator[str]:
    yield _ZSH_HEAD
    for command in commands:
        yield f"        '{_in_quotes(command.name)}:{_in_quotes(command.summary)}'"
    yield f"        'help:{_OF_HELP}'"
    yield f"{_ZSH_MIDDLE} '{VERSION.names[0]}[{VERSION.help}]' \\"
    yield f"                {_zsh_option(HELP)}"
    yield _ZSH_COMMANDS
    for command in commands:
        yield f"        {command.name})"
        yield "            _arguments -S \\"
        specs = [*map(_zsh_option, command.options), *_zsh_operands(command)]
        yield from (f"                {spec} \\" for spec in specs[:-1])
        yield f"                {specs[-1]}"
        yield "            ;;"
    yield _ZSH_TAIL


def _zsh_option(option: OptionWords) -> str:
    value = f":{_zsh_value(option.value)}" if option.value is not None else ""
    about = _in_quotes(_in_brackets(option.help))
    names = [f"{name}=" if value and name.startswith("--") else name for name in option.names]
    rest = f"'[{about}]{value}'"
    if option.is_repeatable:
        return f"'*'{_in_braces(names)}{rest}"
    return (
        f"'({' '.join(option.names)})'{_in_braces(names)}{rest}" if len(names) > 1 else f"'{names[0]}'{rest}"
    )


def _in_braces(names: Sequence[str]) -> str:
    return f"{{{','.join(names)}}}" if len(names) > 1 else f"'{names[0]}'"


def _zsh_operands(command: CommandWords) -> Iterator[str]:
    for place, operand in enumerate(command.operands, 1):
        yield f"'{'*' if operand.is_many else place}:{_zsh_value(operand.value)}'"


def _zsh_value(value: Value) -> str:
    """The message and the action of a value, within single quotes."""
    message = _in_quotes(value.name.replace(":", "\\:"))
    match value.kind:
        case Kind.WORD:
            return f"{message}:({' '.join(word.replace(':', chr(92) + ':') for word in value.words)})"
        case Kind.FILE:
            return f"{message}:_files"
        case Kind.DIRECTORY:
            return f"{message}:_files -/"
        case _:
            return f"{message}: "


def _in_brackets(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _in_quotes(text: str) -> str:
    """Within single quotes of a shell."""
    return text.replace("'", "'\\''")


# --- fish ------------------------------------------------------------------------------------------------


def _fish(commands: Sequence[CommandWords]) -> Iterator[str]:
    yield "complete -c smtp-probe -f"
    first = "complete -c smtp-probe -n __fish_use_subcommand"
    yield from (_fish_option(first, option) for option in (VERSION, HELP))
    for command in commands:
        yield f"{first} -a {command.name} -d {_fish_text(command.summary)}"
    yield f"{first} -a help -d {_fish_text(_OF_HELP)}"
    names = " ".join(_names(commands))
    yield f"complete -c smtp-probe -n '__fish_seen_subcommand_from help' -a '{names}'"
    for command in commands:
        prefix = f"complete -c smtp-probe -n '__fish_seen_subcommand_from {command.name}'"
        yield from (_fish_option(prefix, option) for option in command.options)
        for operand in command.operands[:1]:
            if operand.value.kind is Kind.FILE:
                yield f"{prefix} -F"
            elif operand.value.kind is Kind.WORD:
                yield f"{prefix} -a {_fish_text(' '.join(operand.value.words))}"


def _fish_option(prefix: str, option: OptionWords) -> str:
    forms = (f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
    value = f" {_fish_value(option.value)}" if option.value is not None else ""
    return f"{prefix} {' '.join(forms)}{value} -d {_fish_text(option.help)}"


def _fish_value(value: Value) -> str:
    match value.kind:
        case Kind.WORD:
            return f"-x -a {_fish_text(' '.join(value.words))}"
        case Kind.FILE:
            return "-r -F"
        case Kind.DIRECTORY:
            return "-x -a '(__fish_complete_directories)'"
        case _:
            return "-x"


def _fish_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _names(commands: Iterable[CommandWords]) -> list[str]:
    return [command.name for command in commands]
