"""Command lines that Kafka's tools understand, and the one line for those that nobody does."""

from __future__ import annotations

from typing import Any

import pytest

from barnabas.cli import flags, main


@flags.kafka_tool("sample", "A tool to parse with.")
@flags.text("topic", "TOPIC", "One text.")
@flags.number("shift-by", "NUMBER", "One number.")
@flags.texts("property", "NAME=VALUE", "Many texts.")
@flags.optional_text("compression-codec", "CODEC", "A text that may be left out.")
@flags.switch("list", "A switch.")
@flags.text("producer.config", "FILE", "A flag with a dot.")
def sample(**parameters: Any) -> int:
    print(sorted((name, value) for name, value in parameters.items() if value not in (None, (), False)))
    return 3


def parse(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = flags.run(sample, arguments, "sample")
    printed = capsys.readouterr()
    return code, printed.out.strip(), printed.err


@pytest.mark.parametrize(
    ("arguments", "parsed"),
    [
        (("--topic", "a"), [("topic", "a")]),
        (("--topic=a=b",), [("topic", "a=b")]),
        (("--shift-by", "-5"), [("shift_by", -5)]),
        (("--property", "a=1", "--property", "b=2"), [("properties", ("a=1", "b=2"))]),
        (("--compression-codec", "--list"), [("compression_codec", ""), ("list", True)]),
        (("--compression-codec", "zstd"), [("compression_codec", "zstd")]),
        (("--compression-codec",), [("compression_codec", "")]),
        (("--producer.config", "file"), [("producer_config", "file")]),
    ],
)
def test_kafkas_ways_to_write_a_flag(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], parsed: list[tuple[str, Any]]
) -> None:
    assert parse(capsys, *arguments) == (3, repr(parsed), "")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--topics", "a"), "topics is not a recognized option (did you mean --topic?)"),
        (("--topic",), "Option topic requires an argument"),
        (("--topic", "a", "--topic", "b"), "Found multiple arguments for option topic, but you asked for only one"),
        (("--shift-by", "x"), "Cannot parse argument 'x' of option shift-by: a whole number was expected"),
        (("--shift-by", "1_000"), "Cannot parse argument '1_000' of option shift-by: a whole number was expected"),
        (("--list", "extra"), "Got unexpected extra argument (extra)"),
    ],
)
def test_a_mistake_is_one_line_and_code_1(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], line: str
) -> None:
    assert parse(capsys, *arguments) == (1, "", line + "\n")


def test_help_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, errors = parse(capsys, "--help")
    assert (code, errors) == (0, "")
    assert "--compression-codec" in printed


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_barnabas_shows_its_commands(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main.main(arguments) == 0
    printed = capsys.readouterr().out
    for command in ("start", "topics", "console-producer", "consumer-groups", "get-offsets", "version"):
        assert f"\n  {command} " in printed


def test_an_unknown_command_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["topcis"]) == 1
    assert capsys.readouterr().err.startswith("No such command 'topcis'.")


@pytest.mark.parametrize(
    "tool",
    [
        main.kafka_topics,
        main.kafka_console_producer,
        main.kafka_console_consumer,
        main.kafka_consumer_groups,
        main.kafka_configs,
        main.kafka_get_offsets,
    ],
)
def test_every_tool_has_a_version_and_help(capsys: pytest.CaptureFixture[str], tool: Any) -> None:
    assert tool(["--version"]) == 0
    assert capsys.readouterr().out.strip().count(".") == 2
    assert tool(["--help"]) == 0
    assert "--bootstrap-server" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tool", "arguments", "line"),
    [
        (
            main.kafka_topics,
            "--bootstrap-server h:1",
            "Command must include exactly one action: --list, --describe, --create, --alter or --delete",
        ),
        (main.kafka_topics, "--list", "--bootstrap-server must be specified"),
        (main.kafka_topics, "--bootstrap-server h:1 --delete", 'Missing required argument "[topic]"'),
        (main.kafka_topics, "--bootstrap-server h:1 --alter --topic a", 'Missing required argument "[partitions]"'),
        (
            main.kafka_topics,
            "--bootstrap-server h:1 --create --topic a --partitions 1 --replica-assignment 1",
            'Option "[replica-assignment]" can\'t be used with option "[partitions]"',
        ),
        (main.kafka_console_producer, "--bootstrap-server h:1", 'Missing required argument "[topic]"'),
        (
            main.kafka_console_producer,
            "--bootstrap-server h --topic a",
            "--bootstrap-server h: Please provide valid host:port like host1:9091,host2:9092",
        ),
        (
            main.kafka_console_producer,
            "--bootstrap-server h:1 --topic a --compression-codec bzip",
            "--compression-codec bzip: one of none, gzip, snappy, lz4, zstd was expected",
        ),
        (main.kafka_console_consumer, "--bootstrap-server h:1", "Exactly one of --include/--topic is required. "),
        (
            main.kafka_console_consumer,
            "--bootstrap-server h:1 --topic a --offset 1",
            "The partition is required when offset is specified.",
        ),
        (
            main.kafka_console_consumer,
            "--bootstrap-server h:1 --topic a --partition 1 --offset -5",
            (
                "The provided offset value '-5' is incorrect. Valid values are 'earliest', 'latest', "
                "or a non-negative long."
            ),
        ),
        (
            main.kafka_console_consumer,
            "--bootstrap-server h:1 --topic a --from-beginning --consumer-property auto.offset.reset=latest",
            "Can't simultaneously specify --from-beginning and 'auto.offset.reset=latest', please remove one option",
        ),
        (
            main.kafka_consumer_groups,
            "--bootstrap-server h:1 --describe",
            "Option [describe] takes one of these options: [all-groups], [group]",
        ),
        (
            main.kafka_consumer_groups,
            "--bootstrap-server h:1 --list --members",
            "Option(s) [members] are unavailable given other options on the command line",
        ),
        (
            main.kafka_consumer_groups,
            "--bootstrap-server h:1 --reset-offsets --group g --topic t --to-latest --to-earliest",
            'Option "[to-earliest]" can\'t be used with option "[to-latest]"',
        ),
        (
            main.kafka_consumer_groups,
            "--bootstrap-server h:1 --reset-offsets --group g --topic t --by-duration soon",
            "--by-duration soon: a duration was expected as PnDTnHnMnS, such as PT1H30M",
        ),
        (
            main.kafka_configs,
            "--bootstrap-server h:1 --describe",
            "At least one entity type must be specified",
        ),
        (
            main.kafka_configs,
            "--bootstrap-server h:1 --describe --entity-type brokers --entity-name x",
            "The entity name for brokers must be a valid integer broker id, but it is: x",
        ),
        (
            main.kafka_configs,
            "--bootstrap-server h:1 --alter --topic a",
            "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter",
        ),
        (
            main.kafka_get_offsets,
            "--bootstrap-server h:1 --topic-partitions a --topic b",
            "Error occurred: --topic-partitions cannot be used with --topic or --partitions",
        ),
    ],
)
def test_a_command_line_that_makes_no_sense(
    capsys: pytest.CaptureFixture[str], tool: Any, arguments: str, line: str
) -> None:
    """Found before any broker is asked."""
    assert tool(arguments.split(" ")) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", line + "\n")
