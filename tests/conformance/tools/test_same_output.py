"""Our tools and Apache Kafka's, typed the same, on one cluster: same text, same code, complaints on the same stream."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from conformance.command_line import Finished, JavaTools, OurTools, run
from conformance.tools.conftest import GROUP_OF_NOW, GROUP_OF_THE_PAST, KAFKA_VERSION

pytestmark = [pytest.mark.jvm, pytest.mark.slow, pytest.mark.timeout(180, func_only=True)]

KAFKA: Final = JavaTools(KAFKA_VERSION)
OURS: Final = OurTools()
UNKNOWN_TOPIC_ID: Final = "AAAAAAAAAAAAAAAAAAAABQ"
BOTH_OF_THE_PAST: Final = f"--group {GROUP_OF_THE_PAST}"


def both(tool: str, bootstrap: str, arguments: str, stdin: str = "") -> tuple[Finished, Finished]:
    words = [*arguments.split(), "--bootstrap-server", bootstrap]
    return tuple(run(tools.command(tool), *words, stdin=stdin) for tools in (KAFKA, OURS))  # type: ignore[return-value]


def complaint(finished: Finished) -> str:
    """The first line on standard error, without what only a JVM says there."""
    lines = [line for line in finished.errors.splitlines() if line.strip() and not line.startswith("SLF4J")]
    return lines[0] if lines else ""


READS: Final = {
    "kafka-topics": [
        "--list",
        "--list --exclude-internal",
        "--list --topic topic-.*|plain",
        "--list --topic nope",
        "--describe",
        "--describe --exclude-internal",
        "--describe --topic orders",
        "--describe --topic nope",
        "--describe --topic nope --if-exists",
        "--describe --topic ((",
        f"--describe --topic-id {UNKNOWN_TOPIC_ID}",
        "--describe --topics-with-overrides",
        "--describe --under-min-isr-partitions",
        "--describe --at-min-isr-partitions --exclude-internal",
        "--describe --under-replicated-partitions",
        "--describe --unavailable-partitions",
    ],
    "kafka-get-offsets": [
        "",
        "--topic topic-.*",
        "--topic wide --partitions 0,2,13",
        "--topic-partitions orders:1,topic-1:0-2,plain:,wide:12-",
        "--topic orders --time earliest",
        "--topic topic-1 --time -3",
        "--topic topic-1 --time 1030",
        "--topic topic-1 --time 99999999999999",
        "--exclude-internal-topics",
        "--topic nope",
        "--topic orders --time soon",
        "--partitions x",
        "--topic-partitions orders:1 --topic orders",
    ],
    "kafka-configs": [
        "--describe --entity-type topics",
        "--describe --entity-type topics --entity-name orders",
        "--describe --entity-type topics --entity-name plain --all",
        "--describe --topic with_score",
        "--describe --topic nope",
        "--describe --topic n?pe",
        "--describe --entity-type brokers",
        "--describe --entity-type brokers --entity-default",
        "--describe --entity-type brokers --entity-name 1 --all",
        "--describe --broker 9",
        "--describe --entity-type brokers --entity-name x",
        f"--describe --group {GROUP_OF_THE_PAST} --all",
        "--describe --group nope",
        "--describe --entity-type rooms",
        "--describe",
        "--alter --topic orders",
        "--alter --topic orders --delete-config flush.ms",
        "--alter --entity-type topics --add-config retention.ms=5",
        "--alter --topic orders --add-config retention.ms",
    ],
    "kafka-consumer-groups": [
        "--list",
        "--list --state",
        "--list --type",
        "--list --state --type",
        "--list --state empty",
        "--list --type classic",
        "--list --type none",
        "--describe --all-groups --state",
        f"--describe {BOTH_OF_THE_PAST}",
        f"--describe {BOTH_OF_THE_PAST} --verbose",
        f"--describe {BOTH_OF_THE_PAST} --members",
        f"--describe {BOTH_OF_THE_PAST} --state",
        f"--describe --group {GROUP_OF_NOW}",
        f"--describe --group {GROUP_OF_NOW} --members",
        f"--describe --group {GROUP_OF_NOW} --members --verbose",
        f"--describe --group {GROUP_OF_NOW} --state",
        f"--describe --group {GROUP_OF_NOW} --state --verbose",
        "--describe --group nope",
        "--describe",
        "--delete --group nope",
        f"--delete --group {GROUP_OF_NOW}",
        "--delete-offsets --group nope --topic orders",
        f"--delete-offsets --group {GROUP_OF_NOW} --topic topic-1",
        f"--delete-offsets {BOTH_OF_THE_PAST} --topic nope",
        f"--reset-offsets {BOTH_OF_THE_PAST} --all-topics --to-earliest --dry-run",
        f"--reset-offsets {BOTH_OF_THE_PAST} --all-topics --to-current --dry-run --export",
        f"--reset-offsets {BOTH_OF_THE_PAST} --all-topics --shift-by -5 --dry-run",
        f"--reset-offsets {BOTH_OF_THE_PAST} --topic orders:0,1 --to-latest",
        f"--reset-offsets {BOTH_OF_THE_PAST} --topic topic-1 --to-datetime 1970-01-01T00:00:01.030 --dry-run",
        f"--reset-offsets {BOTH_OF_THE_PAST} --topic orders --by-duration PT0S --dry-run",
        "--reset-offsets --group fresh --topic wide --topic orders --topic plain --to-current --dry-run",
        f"--reset-offsets --group {GROUP_OF_NOW} --topic orders --to-latest --dry-run",
        "--reset-offsets --group fresh --topic orders --dry-run",
        "--reset-offsets --group fresh --topic orders --shift-by 1 --dry-run",
        "--reset-offsets --group fresh --topic orders --to-latest --dry-run --execute",
    ],
    "kafka-console-consumer": [
        "--topic plain --from-beginning --max-messages 3",
        "--topic plain --partition 0 --offset 1 --max-messages 2 --property print.offset=true",
        (
            "--topic topic-1 --partition 1 --offset earliest --max-messages 4 --property print.key=true "
            "--property print.timestamp=true --property print.partition=true --property print.headers=true "
            "--property print.epoch=true --property print.delivery=true --property headers.separator=;"
        ),
        (
            "--topic plain --partition 0 --from-beginning --max-messages 3 --property null.literal=NIL "
            "--property key.separator=| --property print.key=true --property line.separator=/"
        ),
        "--topic empty --timeout-ms 500",
        "--include plai. --from-beginning --timeout-ms 3000",
        "--topic plain --group past --offset 1",
        "--topic plain --include plain",
        "--topic plain --partition 0 --group g",
        "--topic plain --from-beginning --consumer-property auto.offset.reset=latest",
    ],
}


@pytest.mark.parametrize(
    ("tool", "arguments"), [(tool, arguments) for tool, lines in READS.items() for arguments in lines]
)
def test_reading(apache_kafka: str, tool: str, arguments: str) -> None:
    expected, printed = both(tool, apache_kafka, arguments)
    assert printed.output == expected.output, f"{expected}\n\n{printed}"
    assert printed.code == expected.code, f"{expected}\n\n{printed}"
    if not expected.errors or "Exception" not in complaint(expected):
        # Where Kafka prints the trace of an exception there is nothing to be equal to.
        assert complaint(printed) == complaint(expected), f"{expected}\n\n{printed}"
    assert "Traceback" not in printed.errors
    assert len(printed.errors.strip().splitlines()) <= 1, printed


@pytest.mark.parametrize(
    "flags",
    [
        "--create --topic {topic}",
        "--create --topic {topic} --if-not-exists",
        "--create --topic {topic}.a --partitions 3 --replication-factor 1 --config retention.ms=5 --config flush.ms=7",
        "--create --topic {topic}-b --replica-assignment 1,1,1",
        "--create --topic {topic} --partitions 0",
        "--create --topic {topic} --replication-factor 3",
        "--create --topic {topic} --replica-assignment 1,2",
        "--create --topic {topic} --replica-assignment 1:1",
        "--create --topic {topic} --config nothing=5",
        "--create --topic {topic} --config retention.ms=soon",
        "--create --topic {topic} --config retention.ms",
        "--create --topic n?pe",
        "--create --topic plain",
        "--create --topic plain --if-not-exists",
        "--alter --topic plain --partitions 1",
        "--alter --topic nope --partitions 2",
        "--alter --topic nope --partitions 2 --if-exists",
        "--delete --topic nope",
        "--delete --topic nope --if-exists",
        "--delete",
        "--create --list",
    ],
)
def test_changing_topics(apache_kafka: str, topic: str, flags: str) -> None:
    """Each tool on a topic of its own, so that both find the cluster as the other did."""
    results = []
    for tools, name in ((KAFKA, f"{topic}-theirs"), (OURS, f"{topic}-ours00")):
        words = [*flags.format(topic=name).split(), "--bootstrap-server", apache_kafka]
        done = run(tools.command("kafka-topics"), *words)
        seen = run(
            OURS.command("kafka-configs"), "--describe", "--topic", f"{name}.a", "--bootstrap-server", apache_kafka
        )
        results.append((done.output.replace(name, "IT"), done.code, complaint(done), seen.output.replace(name, "IT")))
    assert results[0] == results[1]


def test_groups_are_reset_cleaned_and_deleted(apache_kafka: str, fresh_name: object, tmp_path: Path) -> None:
    """Offsets set by one tool are what the other describes."""
    assert callable(fresh_name)
    steps = [
        "--reset-offsets --group {group} --topic orders --topic plain --to-offset 7 --execute",
        "--describe --group {group}",
        "--delete-offsets --group {group} --topic orders:0 --topic plain",
        "--describe --group {group}",
        "--reset-offsets --group {group} --from-file {plan} --execute",
        "--describe --group {group} --verbose",
        "--delete --group {group}",
        "--describe --group {group}",
    ]
    plan = tmp_path / "plan.csv"
    plan.write_text("orders,1,3\norders,2,4\n")
    name = fresh_name("rewound")
    outputs: list[list[tuple[str, int]]] = [[], []]
    for tools, other, group, seen in ((KAFKA, OURS, f"{name}-t", outputs[0]), (OURS, KAFKA, f"{name}-o", outputs[1])):
        for number, step in enumerate(steps):
            words = [*step.format(group=group, plan=plan).split(), "--bootstrap-server", apache_kafka]
            chosen = other if step.startswith("--describe") and number % 2 else tools
            done = run(chosen.command("kafka-consumer-groups"), *words)
            seen.append((done.output.replace(group, "GROUP"), done.code))
    assert outputs[0] == outputs[1]


def test_settings_change_alike(apache_kafka: str, topic: str) -> None:
    steps = [
        "--alter --topic {topic} --add-config retention.ms=5,cleanup.policy=[compact,delete]",
        "--describe --topic {topic}",
        "--alter --topic {topic} --delete-config retention.ms,cleanup.policy",
        "--alter --topic {topic} --delete-config retention.ms",
        "--describe --topic {topic}",
        "--alter --broker 1 --add-config log.cleaner.threads=2",
        "--describe --broker 1",
        "--alter --broker 1 --delete-config log.cleaner.threads",
        "--alter --group {topic} --add-config consumer.session.timeout.ms=50000",
        "--describe --group {topic}",
        "--alter --topic {topic} --add-config retention.ms=soon",
        "--alter --topic {topic} --add-config nothing=1",
    ]
    outputs: list[list[tuple[str, int]]] = [[], []]
    for tools, name, seen in ((KAFKA, f"{topic}-t", outputs[0]), (OURS, f"{topic}-o", outputs[1])):
        run(OURS.command("kafka-topics"), "--create", "--topic", name, "--bootstrap-server", apache_kafka)
        for step in steps:
            words = [*step.format(topic=name).split(), "--bootstrap-server", apache_kafka]
            done = run(tools.command("kafka-configs"), *words)
            seen.append((done.output.replace(name, "IT"), done.code))
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("flags", "stdin"),
    [
        ("", "a\n\nb\r\nc"),
        ("--sync --compression-codec", "a\nb\n"),
        ("--compression-codec zstd --request-required-acks 1", "a\nb\n"),
        ("--property parse.key=true --property key.separator=:", "k:v\nk2:v:2\n"),
        ("--property parse.key=true --property parse.headers=true", "h:1,i:2\tk\tGruß\n"),
        ("--property parse.key=true --property null.marker=N", "N\tv\nk\tN\n"),
        ("--property parse.key=true --property ignore.error=true", "nokey\nk\tv\n"),
        ("--property parse.key=true", "k\tv\nnokey\n"),
        ("--property headers.delimiter=,", "x\n"),
    ],
)
def test_producing(apache_kafka: str, topic: str, flags: str, stdin: str) -> None:
    """What our tool wrote is what Kafka's wrote, as Kafka's tool reads it back."""
    results = []
    for tools, name in ((KAFKA, f"{topic}-t"), (OURS, f"{topic}-o")):
        server = ("--bootstrap-server", apache_kafka)
        run(OURS.command("kafka-topics"), "--create", "--topic", name, *server)
        done = run(tools.command("kafka-console-producer"), "--topic", name, *flags.split(), *server, stdin=stdin)
        columns = [word for column in ("key", "headers") for word in ("--property", f"print.{column}=true")]
        read = run(
            KAFKA.command("kafka-console-consumer"),
            *("--topic", name, "--from-beginning", "--timeout-ms", "1500", *columns, *server),
        )
        results.append((done.output, done.code, read.output))
    assert results[0] == results[1]


def test_partitions_of_keys_are_kafkas(apache_kafka: str, topic: str) -> None:
    """The same key goes to the same partition whoever writes it."""
    server = ("--bootstrap-server", apache_kafka)
    run(OURS.command("kafka-topics"), "--create", "--topic", topic, "--partitions", "5", *server)
    lines = "".join(f"key-{number}:v\n" for number in range(40))
    keyed = ("--topic", topic, "--property", "parse.key=true", "--property", "key.separator=:", *server)
    placed: list[dict[str, str]] = []
    for tools in (KAFKA, OURS):
        assert run(tools.command("kafka-console-producer"), *keyed, stdin=lines).code == 0
    read = run(
        OURS.command("kafka-console-consumer"),
        *("--topic", topic, "--from-beginning", "--max-messages", "80"),
        *("--property", "print.key=true", "--property", "print.partition=true", *server),
    )
    for line in read.lines():
        partition, key, _ = line.split("\t")
        for seen in placed:
            if key not in seen:
                break
        else:
            placed.append(seen := {})
        assert all(known[key] == partition for known in placed if key in known), line
        seen[key] = partition
    assert [len(seen) for seen in placed] == [40, 40]
