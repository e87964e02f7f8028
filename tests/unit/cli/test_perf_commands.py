"""Command lines of the performance tools: what they mean, and one line for those that mean nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from barnabas.cli import main
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.perf.argparse_flags import one_value_each
from barnabas.cli.perf.consumer_command import ConsumerPerfOptions
from barnabas.cli.perf.producer_command import COMMAND, ProducerPerfOptions, checked_options, with_defaults

Tool = Callable[[Sequence[str] | None], int]
PRODUCER = "--topic t --num-records 5 --throughput -1 --record-size 5 --bootstrap-server h:1"
CONSUMER = "--bootstrap-server h:1 --topic t --num-records 5"
LATENCY = "--bootstrap-server h:1 --topic t --num-records 3 --producer-acks 1 --record-size 10"


@pytest.mark.parametrize(
    ("tool", "arguments", "line"),
    [
        (
            main.kafka_producer_perf_test,
            PRODUCER.replace("--throughput -1", ""),
            "kafka-producer-perf-test: error: argument --throughput is required",
        ),
        (
            main.kafka_producer_perf_test,
            PRODUCER.replace("--record-size 5", ""),
            (
                "kafka-producer-perf-test: error: one of the arguments --record-size --payload-file "
                "--payload-monotonic is required"
            ),
        ),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} --payload-monotonic",
            "kafka-producer-perf-test: error: argument --payload-monotonic: not allowed with argument --record-size",
        ),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} --num-records 99999999999999999999",
            (
                "kafka-producer-perf-test: error: argument --num-records: could not convert '99999999999999999999' "
                'to Long (For input string: "99999999999999999999")'
            ),
        ),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} --record-size 0",
            "kafka-producer-perf-test: error: --record-size should be greater than zero.",
        ),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} --throughput nan",
            (
                "kafka-producer-perf-test: error: argument --throughput: could not convert 'nan' to Double "
                '(For input string: "nan")'
            ),
        ),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} --command-property linger.ms=",
            "Invalid property: linger.ms=",
        ),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} --command-property",
            "kafka-producer-perf-test: error: argument --command-property: expected 1 argument(s)",
        ),
        (main.kafka_producer_perf_test, f"{PRODUCER} --nope", (
            "kafka-producer-perf-test: error: unrecognized arguments: '--nope'"
        )),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} stray",
            "kafka-producer-perf-test: error: Got unexpected extra argument (stray)",
        ),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} --transactional-id a --command-property acks=1",
            "Cannot set a transactional.id without also enabling idempotence.",
        ),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} --command-property acks=1 enable.idempotence=true",
            (
                "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee "
                "idempotence."
            ),
        ),
        (
            main.kafka_producer_perf_test,
            f"{PRODUCER} --command-property acks=7",
            "Invalid value 7 for configuration acks: String must be one of: all, -1, 0, 1",
        ),
        (
            main.kafka_producer_perf_test,
            PRODUCER.replace("--bootstrap-server h:1", "--command-property acks=1"),
            'Missing required configuration "bootstrap.servers" which has no default value.',
        ),
        (
            main.kafka_producer_perf_test,
            PRODUCER.replace("h:1", "h"),
            "--bootstrap-server h: Please provide valid host:port like host1:9091,host2:9092",
        ),
        (main.kafka_consumer_perf_test, "--topic t --num-records 5", 'Missing required argument "[bootstrap-server]"'),
        (
            main.kafka_consumer_perf_test,
            f"{CONSUMER} --include t",
            "Exactly one of the following arguments is required: [topic], [include]",
        ),
        (
            main.kafka_consumer_perf_test,
            f"{CONSUMER} --date-format bogus",
            "--date-format bogus: Illegal pattern character 'b'",
        ),
        (
            main.kafka_consumer_perf_test,
            f"{CONSUMER} --timeout soon",
            "Cannot parse argument 'soon' of option timeout: a whole number was expected",
        ),
        (
            main.kafka_consumer_perf_test,
            f"{CONSUMER} --command-property max.poll.records=0",
            "max.poll.records=0: a whole number of at least 1 was expected",
        ),
        (
            main.kafka_consumer_perf_test,
            f"{CONSUMER.replace('--topic t', '--include t(')}",
            (
                "--include t(: a regular expression was expected: missing ), unterminated subpattern at position 1"
            ),
        ),
        (
            main.kafka_e2e_latency,
            f"{LATENCY} --record-header-size -2",
            "Value for --record-header-size must be a non-negative integer or -1 for null header value.",
        ),
        (
            main.kafka_e2e_latency,
            f"{LATENCY} --num-headers -1",
            "Value for --num-headers must be a non-negative integer.",
        ),
        (main.kafka_e2e_latency, f"{LATENCY} stray", "Got unexpected extra argument (stray)"),
    ],
)  # fmt: skip
def test_a_command_line_that_makes_no_sense(
    capsys: pytest.CaptureFixture[str], tool: Tool, arguments: str, line: str
) -> None:
    """Found before any broker is asked."""
    assert tool(arguments.split()) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", line + "\n")


@pytest.mark.parametrize("tool", [main.kafka_producer_perf_test, main.kafka_consumer_perf_test, main.kafka_e2e_latency])
def test_every_tool_has_a_version_and_help(capsys: pytest.CaptureFixture[str], tool: Tool) -> None:
    assert tool(["--version"]) == 0
    assert capsys.readouterr().out.strip().count(".") == 2
    assert tool(["--help"]) == 0
    assert "--bootstrap-server" in capsys.readouterr().out


def test_the_producer_explains_itself_when_called_with_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.kafka_producer_perf_test([]) == 0
    assert "--num-records" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expanded"),
    [
        ("--p a=1 b=2 --q c", "--p a=1 --p b=2 --q c"),
        ("--p a=1 --p b=2", "--p a=1 --p b=2"),
        ("--p --q c", "--p --q c"),
        ("--q c --p", "--q c --p"),
        ("c d", "c d"),
    ],
)
def test_several_values_after_one_flag(words: str, expanded: str) -> None:
    assert one_value_each(words.split(), frozenset({"--p"})) == expanded.split()


def parsed(arguments: str) -> ProducerPerfOptions:
    """The options that a run would get."""
    return checked_options(dict(COMMAND.make_context("producer-perf-test", arguments.split()).params))


def test_the_last_of_repeated_flags_counts() -> None:
    options = parsed(f"{PRODUCER} --topic u --throughput 1e3 --command-property a=1 b=2")
    assert (options.topic, options.throughput, options.command_property) == ("u", 1000.0, ("a=1", "b=2"))
    assert (options.reporting_interval_ms, options.warmup, options.transaction_ms) == (5000, 0, 3000)


def test_flags_go_before_properties_and_properties_before_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "client.properties"
    file.write_text("bootstrap.servers=file:1\nlinger.ms=1\nbatch.size=1\n")
    options = parsed(f"{PRODUCER} --producer.config {file} --producer-props linger.ms=2 a==")
    with pytest.raises(InvalidUsage, match=r"^Invalid property: a==$"):
        options.producer_properties()
    options = parsed(f"{PRODUCER} --producer.config {file} --producer-props linger.ms=2")
    assert options.producer_properties() == {
        "client.id": "perf-producer-client",
        "bootstrap.servers": "h:1",
        "linger.ms": "2",
        "batch.size": "1",
    }
    notices = capsys.readouterr().out.splitlines()
    assert notices[:2] == [
        f"Option --{old} has been deprecated and will be removed in a future version. Use --{new} instead."
        for old, new in (("producer-props", "command-property"), ("producer.config", "command-config"))
    ]


def test_where_a_transactional_id_comes_from() -> None:
    def transactional_id(arguments: str) -> str | None:
        return parsed(f"{PRODUCER} {arguments}").producer_properties().get("transactional.id")

    assert transactional_id("") is None
    assert transactional_id("--command-property transactional.id=a") == "a"
    assert transactional_id("--command-property transactional.id=a --transactional-id b") == "b"
    assert transactional_id("--command-property transactional.id=a --transaction-duration-ms 5") == "a"
    made = transactional_id("--transaction-duration-ms 5")
    assert made is not None
    assert made.startswith("performance-producer-")


@pytest.mark.parametrize(
    ("chosen", "idempotent"),
    [
        ({}, "true"),
        ({"acks": "-1"}, "true"),
        ({"acks": "1"}, "false"),
        ({"retries": "0"}, "false"),
        ({"max.in.flight.requests.per.connection": "6"}, "false"),
        ({"enable.idempotence": "false"}, "false"),
    ],
)
def test_idempotence_is_on_unless_something_excludes_it(chosen: dict[str, str], idempotent: str) -> None:
    assert with_defaults(chosen)["enable.idempotence"] == idempotent


def test_no_record_outlives_its_transaction() -> None:
    assert with_defaults({})["delivery.timeout.ms"] == "120000"
    assert with_defaults({"transactional.id": "a"})["delivery.timeout.ms"] == "60000"
    assert with_defaults({"transactional.id": "a", "delivery.timeout.ms": "5000"})["delivery.timeout.ms"] == "5000"


def consumer_options(**given: Any) -> ConsumerPerfOptions:
    nothing = dict.fromkeys(ConsumerPerfOptions.__dataclass_fields__)
    switches = dict.fromkeys(("from_latest", "print_metrics", "show_detailed_stats", "hide_header", "json"), False)
    defaults = {"command_property": (), "bootstrap_server": "h:1", "topic": "t", "num_records": 5}
    return ConsumerPerfOptions(**{**nothing, **switches, **defaults, **given})


def test_a_consumers_flags_go_before_its_properties(capsys: pytest.CaptureFixture[str]) -> None:
    options = consumer_options(
        command_property=("group.id=g", "auto.offset.reset=latest", "isolation.level=read_committed"),
        num_records=None,
        messages=7,
        fetch_size=100,
    )
    assert capsys.readouterr().out == "Warning: --messages is deprecated. Use --num-records instead.\n"
    properties = options.consumer_properties()
    assert properties.pop("group.id").startswith("perf-consumer-")
    assert properties == {
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "client.id": "perf-consumer-client",
        "allow.auto.create.topics": "true",
        "receive.buffer.bytes": "2097152",
        "max.partition.fetch.bytes": "100",
        "check.crcs": "false",
    }
    assert (options.wanted_records, options.timeout_ms, options.reporting_interval_ms) == (7, 10_000, 5000)


def test_names_of_older_releases(capsys: pytest.CaptureFixture[str]) -> None:
    options = consumer_options(bootstrap_server=None, broker_list="old:1", threads=3, timeout="", group="g")
    assert (options.servers, options.timeout_ms) == ("old:1", 10_000)
    assert options.consumer_properties()["group.id"] == "g"
    assert capsys.readouterr().out == ""
