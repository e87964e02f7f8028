"""Flags as argparse4j reads them, which ProducerPerformance alone uses, and its texts for what is wrong.

A flag that is repeated counts the last time, a flag for properties takes as many `name=value` as follow it, and every
complaint begins with the program's name and `error:`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from barnabas import __version__
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.flags import Decorated, parameter_name

INT_MAX: Final = 2**31 - 1
LONG_MAX: Final = 2**63 - 1
_WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]+")


class ArgparseCommand(click.Command):
    """A command with argparse4j's way to complain; `greedy` names the flags that take several values."""

    greedy: frozenset[str] = frozenset()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            # ProducerPerformance explains itself when it is called with nothing.
            args = ["--help"]
        try:
            return super().parse_args(ctx, one_value_each(args, self.greedy))
        except click.NoSuchOption as mistake:
            raise self.complaint(f"unrecognized arguments: '{mistake.option_name}'") from None
        except click.BadOptionUsage as mistake:
            expected = "1 argument(s)" if mistake.option_name in self.greedy else "one argument"
            raise self.complaint(f"argument {mistake.option_name}: expected {expected}") from None
        except InvalidUsage as mistake:
            raise self.complaint(mistake.text) from None
        except click.UsageError as mistake:
            raise self.complaint(mistake.format_message()) from None

    def complaint(self, text: str) -> InvalidUsage:
        return InvalidUsage(f"kafka-{self.name}: error: {text}")

    def require(self, given: dict[str, Any], flags: Sequence[str]) -> None:
        for flag in flags:
            if given[parameter_name(flag)] is None:
                raise self.complaint(f"argument --{flag} is required")

    def require_one_of(self, given: dict[str, Any], flags: Sequence[str]) -> None:
        """Exactly one of these; the complaint is of the second one, as it comes on the command line."""
        chosen = [
            flag
            for flag in flags
            if given[parameter_name(flag)] is not None and given[parameter_name(flag)] is not False
        ]
        if not chosen:
            raise self.complaint(f"one of the arguments {' '.join('--' + flag for flag in flags)} is required")
        if len(chosen) > 1:
            raise self.complaint(f"argument --{chosen[1]}: not allowed with argument --{chosen[0]}")


def one_value_each(arguments: Sequence[str], greedy: frozenset[str]) -> list[str]:
    """`--props a=1 b=2` as `--props a=1 --props b=2`."""
    expanded: list[str] = []
    flag: str | None = None
    for position, argument in enumerate(arguments):
        if argument.startswith("-"):
            flag = argument if argument in greedy else None
            # A flag that nothing follows stays, to be complained about.
            follower = arguments[position + 1 : position + 2]
            if flag is None or not follower or follower[0].startswith("-"):
                expanded.append(argument)
        elif flag is None:
            expanded.append(argument)
        else:
            expanded += [flag, argument]
    return expanded


def _option(flag: str, metavar: str, explanation: str, convert: Callable[[str, str], Any]) -> Any:
    def last(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> Any:
        return convert(flag, values[-1]) if values else None

    return click.option(
        f"--{flag}", parameter_name(flag), multiple=True, callback=last, metavar=metavar, help=explanation
    )


def argument(flag: str, metavar: str, explanation: str) -> Callable[[Decorated], Decorated]:
    """A flag with a text."""
    return _option(flag, metavar, explanation, lambda _flag, value: value)  # type: ignore[no-any-return]


def whole(flag: str, metavar: str, explanation: str, *, java_type: str = "Long") -> Callable[[Decorated], Decorated]:
    """A flag with one of Java's whole numbers."""
    most = INT_MAX if java_type == "Integer" else LONG_MAX

    def convert(flag: str, value: str) -> int:
        if not _WHOLE_NUMBER.fullmatch(value) or not -most - 1 <= int(value) <= most:
            raise _unconvertible(flag, value, java_type)
        return int(value)

    return _option(flag, metavar, explanation, convert)  # type: ignore[no-any-return]


def decimal(flag: str, metavar: str, explanation: str) -> Callable[[Decorated], Decorated]:
    """A flag with a number that may have a fraction."""

    def convert(flag: str, value: str) -> float:
        try:
            number = float(value.replace("_", "?"))
        except ValueError:
            number = math.nan
        if math.isnan(number):
            raise _unconvertible(flag, value, "Double")
        return number

    return _option(flag, metavar, explanation, convert)  # type: ignore[no-any-return]


def _unconvertible(flag: str, value: str, java_type: str) -> InvalidUsage:
    return InvalidUsage(
        f"argument --{flag}: could not convert '{value}' to {java_type} (For input string: \"{value}\")"
    )


def properties(flag: str, explanation: str) -> Callable[[Decorated], Decorated]:
    """A flag with one or more properties."""
    return click.option(
        f"--{flag}", parameter_name(flag), multiple=True, metavar="NAME=VALUE [NAME=VALUE ...]", help=explanation
    )


def argparse_tool(name: str, summary: str, greedy: Sequence[str]) -> Callable[[Callable[..., Any]], ArgparseCommand]:
    """Make a function the command of a tool; its result is the exit code."""

    def decorate(function: Callable[..., Any]) -> ArgparseCommand:
        versioned = click.version_option(__version__, "--version", message="%(version)s", help="Print the version.")(
            function
        )
        made = click.command(name, cls=ArgparseCommand, help=summary, context_settings={"max_content_width": 120})(
            versioned
        )
        made.greedy = frozenset(f"--{flag}" for flag in greedy)
        return made

    return decorate
