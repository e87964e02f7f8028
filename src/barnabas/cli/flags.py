"""Kafka's command lines on top of click: its flags, its rules, one line for every mistake.

Apache Kafka parses with joptsimple, where a flag that takes one value may be given once, a few take their value
optionally, and everything may be written `--flag value` or `--flag=value`. A parameter's name is its flag's with
underscores.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from barnabas import __version__
from barnabas.cli.failures import InvalidUsage, ToolFailure

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Decorator = Callable[[Decorated], Decorated]

# A dataclass with a field of this name could not use the decorator any more.
SPELT_OTHERWISE: Final = {"property": "properties"}
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")


def parameter_name(flag: str) -> str:
    return SPELT_OTHERWISE.get(flag) or re.sub(r"[-.]", "_", flag)


def _flag_of(parameter: click.Parameter) -> str:
    return parameter.opts[0].lstrip("-")


def _only_value(_context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> str | None:
    if len(values) > 1:
        raise InvalidUsage(f"Found multiple arguments for option {_flag_of(parameter)}, but you asked for only one")
    return values[0] if values else None


def _only_number(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> int | None:
    value = _only_value(context, parameter, values)
    if value is None:
        return None
    if not _WHOLE_NUMBER.fullmatch(value):
        raise InvalidUsage(
            f"Cannot parse argument '{value}' of option {_flag_of(parameter)}: a whole number was expected"
        )
    return int(value)


def text(flag: str, metavar: str, explanation: str) -> Callable[[Decorated], Decorated]:
    """A flag with one value, given at most once."""
    return click.option(
        f"--{flag}", parameter_name(flag), multiple=True, callback=_only_value, metavar=metavar, help=explanation
    )


def number(flag: str, metavar: str, explanation: str) -> Callable[[Decorated], Decorated]:
    """A flag with one whole number, given at most once."""
    return click.option(
        f"--{flag}", parameter_name(flag), multiple=True, callback=_only_number, metavar=metavar, help=explanation
    )


def texts(flag: str, metavar: str, explanation: str) -> Callable[[Decorated], Decorated]:
    """A flag that may be given many times."""
    return click.option(f"--{flag}", parameter_name(flag), multiple=True, metavar=metavar, help=explanation)


def optional_text(flag: str, metavar: str, explanation: str) -> Callable[[Decorated], Decorated]:
    """A flag whose value may be left out: None when the flag is absent, empty without a value."""
    return click.option(
        f"--{flag}",
        parameter_name(flag),
        is_flag=False,
        flag_value="",
        default=None,
        metavar=f"[{metavar}]",
        help=explanation,
    )


def switch(flag: str, explanation: str) -> Callable[[Decorated], Decorated]:
    """A flag that is there or not."""
    return click.option(f"--{flag}", parameter_name(flag), is_flag=True, help=explanation)


def bootstrap_server() -> Callable[[Decorated], Decorated]:
    return text("bootstrap-server", "HOST:PORT,...", "REQUIRED: The server(s) to connect to.")


def as_json() -> Callable[[Decorated], Decorated]:
    return switch("json", "Print JSON instead of Kafka's text.")


def kafka_tool(name: str, summary: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function the command of a tool; its result, if it has one, is the exit code."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        versioned = click.version_option(__version__, "--version", message="%(version)s", help="Print the version.")(
            function
        )
        return click.command(name, help=summary, context_settings={"max_content_width": 120})(versioned)

    return decorate


def require(options: Any, *flags: str) -> None:
    """Refuse a command line that lacks one of these flags."""
    for flag in flags:
        if getattr(options, parameter_name(flag)) in (None, "", (), False):
            raise InvalidUsage(f'Missing required argument "[{flag}]"')


def refuse_together(options: Any, used: str, *others: str) -> None:
    """Refuse a command line with `used` and any of `others`."""
    if not is_given(options, used):
        return
    for other in others:
        if is_given(options, other):
            raise InvalidUsage(f'Option "[{used}]" can\'t be used with option "[{other}]"')


def is_given(options: Any, flag: str) -> bool:
    return getattr(options, parameter_name(flag)) not in (None, (), False)


def run(command: click.Command, arguments: Sequence[str], program: str) -> int:
    """Run a tool to its end and return its exit code; whatever goes wrong is one line."""
    try:
        result = command.main(args=list(arguments), prog_name=program, standalone_mode=False)
    except ToolFailure as failure:
        return failure.report()
    except click.NoSuchOption as mistake:
        suggestions = f" (did you mean {' or '.join(mistake.possibilities)}?)" if mistake.possibilities else ""
        print(f"{mistake.option_name.lstrip('-')} is not a recognized option{suggestions}", file=sys.stderr)
        return 1
    except click.BadOptionUsage as mistake:
        print(f"Option {mistake.option_name.lstrip('-')} requires an argument", file=sys.stderr)
        return 1
    except click.ClickException as mistake:
        print(mistake.format_message().replace("\n", " "), file=sys.stderr)
        return 1
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # Whoever read our output has left; say nothing, and keep the interpreter from trying again at exit.
        sys.stdout = open("/dev/null", "w") if sys.platform != "win32" else open("nul", "w")  # noqa: SIM115
        return 1
    return result if isinstance(result, int) else 0
