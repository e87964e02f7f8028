"""Our performance tools and Apache Kafka's, of two releases, typed the same, on one cluster.

Speeds are never the same twice, so runs are compared by shape: every number becomes `#`, and lines that repeat count
once. What does not depend on speed (counts, sizes, flags, complaints) must be equal.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from conformance.broker import free_port
from conformance.command_line import Finished, JavaTools, OurTools, run

pytestmark = [pytest.mark.jvm, pytest.mark.slow, pytest.mark.timeout(180, func_only=True)]

OLDER: Final = JavaTools("4.1.1")
NEWER: Final = JavaTools("4.3.1")
OURS: Final = OurTools()
PRODUCER: Final = "kafka-producer-perf-test"
CONSUMER: Final = "kafka-consumer-perf-test"
LEAVING_SECONDS: Final = 90.0
LATENCY: Final = "kafka-e2e-latency"
POSITIONAL_NOTICE: Final = "WARNING: Positional argument usage is deprecated"
_NUMBER: Final = re.compile(r"(?<![\w.])(?:\d+(?:[.:-]\d+)*(?:E-?\d+)?|NaN|Infinity)(?=th\b|\b)")


def groups_of(admin: AdminClient) -> set[str]:
    return {group.group_id for group in admin.list_consumer_groups().result().valid}


@pytest.fixture(scope="module", autouse=True)
def no_group_is_left(apache_kafka: str) -> Iterator[None]:
    """Each run makes a group; who lists the cluster's groups afterwards would see dozens, in no order."""
    admin = AdminClient({"bootstrap.servers": apache_kafka, "log_level": 0})
    before = groups_of(admin)
    yield
    deadline = time.monotonic() + LEAVING_SECONDS
    while left := groups_of(admin) - before:
        assert time.monotonic() < deadline, f"groups still have members: {sorted(left)}"
        for done in admin.delete_consumer_groups(sorted(left)).values():
            with contextlib.suppress(KafkaException):  # a client that was killed is a member until its session ends
                done.result()
        time.sleep(0.2)


def shape(finished: Finished) -> list[str]:
    """The lines without their numbers, each once in a row."""
    lines = [_NUMBER.sub("#", line) for line in finished.lines()]
    return [line for line, _ in itertools.groupby(lines)]


def complaint(finished: Finished) -> str:
    """What Kafka's tool says is wrong: without usage, without blanks, for it breaks lines even within words."""
    lines = [line for line in finished.errors.splitlines() if not line.startswith("SLF4J")]
    text = "\n".join(lines)
    if " error:" in text:
        return re.sub(r"\s", "", text.split(" error:", 1)[1])
    return re.sub(r"\s", "", re.sub(r'^Exception in thread "main" [\w.]+: ', "", lines[0]))


def alike(tools: JavaTools, tool: str, arguments: str) -> tuple[Finished, Finished]:
    """Both run with `{own}` in the arguments replaced by a word of their own."""
    finished = [
        run(kind.command(tool), *arguments.format(own=own).split()) for kind, own in ((tools, "k"), (OURS, "o"))
    ]
    return finished[0], finished[1]


def flags_of(finished: Finished) -> set[str]:
    """Every flag that the explanation of a tool names, when its line begins with it."""
    text = finished.output + finished.errors
    return set(re.findall(r"(?m)^ {0,2}(--[a-z][a-z.-]*[a-z])", text))


@pytest.mark.parametrize("tools", [OLDER, NEWER], ids=lambda tools: tools.label)
@pytest.mark.parametrize(("tool", "ask"), [(PRODUCER, "--help"), (CONSUMER, "--help"), (LATENCY, "")])
def test_every_flag_of_kafkas_is_ours(tools: JavaTools, tool: str, ask: str) -> None:
    theirs = flags_of(run(tools.command(tool), *ask.split()))
    if not (tool == LATENCY and tools is OLDER):
        assert "--topic" in theirs
    assert theirs - flags_of(run(OURS.command(tool), "--help")) == set()


SENDS: Final = [
    "--num-records 2000 --record-size 100 --throughput -1",
    "--num-records 1500 --payload-monotonic --throughput 1000",
    "--num-records 300 --payload-file {payloads} --throughput -1",
    "--num-records 300 --payload-file {payloads} --payload-delimiter ; --throughput -1",
    "--num-records 900 --record-size 10 --throughput 1000 --transaction-duration-ms 200",
    "--num-records 20 --record-size 10 --throughput -1 --transactional-id {topic}-{{own}}",
]
SENDS_OF_THE_NEWER: Final = [
    "--num-records 2500 --record-size 10 --throughput 1000 --reporting-interval 400",
    "--num-records 2500 --record-size 10 --throughput 1000 --reporting-interval 400 --warmup-records 1200",
    "--num-records 50 --record-size 10 --throughput -1 --warmup-records -3",
]


@pytest.mark.parametrize(
    ("tools", "flags"),
    [
        *((OLDER, flags) for flags in SENDS[::2]),
        *((NEWER, flags) for flags in (*SENDS, *SENDS_OF_THE_NEWER)),
    ],
    ids=lambda value: getattr(value, "label", value),
)
def test_producing(apache_kafka: str, topic: str, tmp_path: Path, tools: JavaTools, flags: str) -> None:
    """The same lines are printed and as many records are in the topic."""
    payloads = tmp_path / "payloads"
    payloads.write_text("one;two;three;\nGruß\n")
    servers = "--producer-props bootstrap.servers=" if tools is OLDER else "--bootstrap-server "
    arguments = f"{servers}{apache_kafka} --topic {topic}-{{own}} {flags.format(payloads=payloads, topic=topic)}"
    expected, printed = alike(tools, PRODUCER, arguments)
    assert (expected.code, printed.code) == (0, 0), f"{expected}\n\n{printed}"
    theirs, ours = shape(expected), shape(printed)
    if tools is OLDER:
        # The newer release complains of the older's flag, and counts records where that counted messages.
        assert ours[0].startswith("Option --producer-props has been deprecated")
        ours = ours[1:]
        theirs = [line.replace("Number of messages", "Number of records") for line in theirs]
    assert ours == theirs, f"{expected}\n\n{printed}"
    wanted = re.search(r"--num-records (\d+)", flags)
    assert wanted is not None
    for finished, own in ((expected, "k"), (printed, "o")):
        assert f"{wanted[1]} records sent, " in finished.output
        consumed = read(apache_kafka, f"{topic}-{own}", int(wanted[1]), "isolation.level=read_committed")
        assert consumed["records"] == int(wanted[1]), str(finished)


def read(bootstrap: str, topic: str, records: int, *properties: str) -> dict[str, int]:
    """What our own tool finds in a topic."""
    pairs = [word for pair in properties for word in ("--command-property", pair)]
    words = ("--bootstrap-server", bootstrap, "--topic", topic, "--num-records", str(records), "--json", *pairs)
    done = run(OURS.command(CONSUMER), *words)
    result: dict[str, int] = json.loads(done.lines()[-1])
    return result


def test_payloads_are_the_files_parts(apache_kafka: str, topic: str, tmp_path: Path) -> None:
    payloads = tmp_path / "payloads"
    payloads.write_text("a-bb--ccc-\n-")
    server = ("--bootstrap-server", apache_kafka)
    seen = []
    for tools, name in ((NEWER, f"{topic}-k"), (OURS, f"{topic}-o")):
        words = ("--topic", name, "--num-records", "200", "--throughput", "-1", "--payload-file", str(payloads))
        done = run(tools.command(PRODUCER), *words, "--payload-delimiter", "-", *server)
        assert done.code == 0, str(done)
        consumed = run(
            OURS.command("kafka-console-consumer"),
            *("--topic", name, "--from-beginning", "--max-messages", "200", "--json", *server),
        )
        seen.append({record["value"] for record in consumed.json_lines()})
    assert seen[0] == seen[1]
    assert len(seen[0]) == 5


MISTAKES: Final = [
    "--num-records 0 --record-size 5 --throughput -1",
    "--num-records x --record-size 5 --throughput -1",
    "--num-records 5 --record-size 0 --throughput -1",
    "--num-records 5 --record-size 3000000000 --throughput -1",
    "--num-records 5 --record-size 5 --throughput fast",
    "--num-records 5 --record-size 5",
    "--num-records 5 --throughput -1",
    "--num-records 5 --record-size 5 --payload-monotonic --throughput -1",
    "--num-records 5 --record-size 5 --throughput -1 --transaction-duration-ms 0",
    "--num-records 5 --payload-file /no/such/file --throughput -1",
    "--num-records 5 --record-size 5 --throughput -1 --producer-props acks",
    "--num-records 5 --record-size 5 --throughput -1 --topic",
    "--num-records 5 --record-size 5 --throughput -1 --producer-props",
    "--num-records 5 --record-size 5 --throughput -1 --producer-props acks=1 --transactional-id a",
    "--num-records 5 --record-size 5 --throughput -1 --zzzzzz",
]
MISTAKES_OF_THE_NEWER: Final = [
    "--num-records 5 --record-size 5 --throughput -1 --warmup-records 5",
    "--num-records 5 --record-size 5 --throughput -1 --reporting-interval 0",
    "--num-records 5 --record-size 5 --throughput -1 --producer-props a=1 --command-property b=1",
    "--num-records 5 --record-size 5 --throughput -1 --command-property a=b=c",
    "--num-records 5 --record-size 5 --throughput -1 --producer.config a --command-config b",
]


@pytest.mark.parametrize(
    ("tools", "flags"),
    [*((OLDER, flags) for flags in MISTAKES[::3]), *((NEWER, flags) for flags in (*MISTAKES, *MISTAKES_OF_THE_NEWER))],
    ids=lambda value: getattr(value, "label", value),
)
def test_a_producers_mistakes(apache_kafka: str, tools: JavaTools, flags: str) -> None:
    servers = "--producer-props bootstrap.servers=" if tools is OLDER else "--bootstrap-server "
    expected, printed = alike(tools, PRODUCER, f"--topic t {servers}{apache_kafka} {flags}")
    assert expected.code == printed.code == 1
    # The older release ends some of its sentences without a full stop.
    assert complaint(printed).rstrip(".") == complaint(expected).rstrip("."), f"{expected}\n\n{printed}"
    assert len(printed.errors.splitlines()) == 1


def test_without_a_server(apache_kafka: str) -> None:
    flags = "--topic t --num-records 5 --record-size 5 --throughput -1"
    for added in ("", "--command-property acks=1"):
        expected, printed = alike(NEWER, PRODUCER, f"{flags} {added}")
        assert (printed.code, complaint(printed)) == (expected.code, complaint(expected))


READS: Final = [
    "--topic topic-1 --messages 60",
    "--topic orders --messages 101 --timeout 1500",
    "--topic orders --messages 100 --show-detailed-stats --reporting-interval 1 --date-format HH'h'mm",
]
READS_OF_THE_NEWER: Final = [
    "--topic orders --messages 100 --hide-header --fetch-size 100",
    "--topic nowhere --messages 5 --timeout 500",
    "--topic topic-1 --messages 0",
    "--topic orders --messages 100 --show-detailed-stats",
    "--topic topic-1 --messages 60 --date-format yyyy.MM.dd/HH.mm.ss",
    "--topic topic-1 --messages 5 --from-latest --timeout 500",
]


@pytest.mark.parametrize(
    ("tools", "flags"),
    [*((OLDER, flags) for flags in READS), *((NEWER, flags) for flags in (*READS, *READS_OF_THE_NEWER))],
    ids=lambda value: getattr(value, "label", value),
)
def test_consuming(apache_kafka: str, tools: JavaTools, flags: str) -> None:
    """The same lines; and in the result, the same bytes and records."""
    expected, printed = alike(tools, CONSUMER, f"--bootstrap-server {apache_kafka} {flags}")
    assert expected.code == printed.code == 0, f"{expected}\n\n{printed}"
    theirs, ours = shape(expected), shape(printed)
    if tools is OLDER:
        assert ours.pop(0) == "Warning: --messages is deprecated. Use --num-records instead."
        theirs = [line.replace("number of messages", "number of records") for line in theirs]
    assert ours == theirs, f"{expected}\n\n{printed}"
    if "--show-detailed-stats" not in flags:
        rows = [finished.lines()[-1].split(", ") for finished in (expected, printed)]
        assert [(row[2], row[4]) for row in rows[:1]] == [(row[2], row[4]) for row in rows[1:]]


@pytest.mark.parametrize(
    "flags",
    [
        "--topic t",
        "--num-records 5",
        "--topic t --num-records 5 --messages 5",
        "--topic t --include t --num-records 5",
        "--topic t --num-records 5 --reporting-interval 0",
        "--topic t --num-records 5 --zzzzzz",
        "--topic t --num-records 5 --command-config a --consumer.config b",
        "--topic t --num-records 5 --topic u",
    ],
)
def test_a_consumers_mistakes(apache_kafka: str, flags: str) -> None:
    expected, printed = alike(NEWER, CONSUMER, f"--bootstrap-server {apache_kafka} {flags}")
    assert (printed.code, complaint(printed)) == (expected.code, complaint(expected))
    assert len(printed.errors.splitlines()) == 1


def test_consuming_by_pattern(apache_kafka: str) -> None:
    flags = f"--bootstrap-server {apache_kafka} --include (orders|topic-1) --num-records 160"
    expected, printed = alike(NEWER, CONSUMER, flags)
    assert shape(printed) == shape(expected)
    assert printed.lines()[-1].split(", ")[4] == expected.lines()[-1].split(", ")[4] == "160"


@pytest.mark.parametrize("tool", [PRODUCER, CONSUMER])
def test_metrics_have_names_of_kafkas(apache_kafka: str, topic: str, tool: str) -> None:
    flags = {
        PRODUCER: "--num-records 20 --record-size 10 --throughput -1",
        CONSUMER: "--num-records 100 --topic orders",
    }[tool]
    named = f"--topic {topic}" if tool == PRODUCER else ""
    expected, printed = alike(NEWER, tool, f"--bootstrap-server {apache_kafka} {named} {flags} --print-metrics")
    names = [
        {line.rpartition(" : ")[0].strip() for line in finished.lines() if re.match(r"[a-z-]+-metrics:", line)}
        for finished in (expected, printed)
    ]
    assert len(names[1]) > 15
    assert names[1] - names[0] == set()
    headers = [
        next(line for line in finished.lines() if line.startswith("Metric Name")) for finished in (expected, printed)
    ]
    assert headers[0].split() == headers[1].split()


@pytest.mark.parametrize("tools", [OLDER, NEWER], ids=lambda tools: tools.label)
def test_latency_by_position(apache_kafka: str, topic: str, tools: JavaTools) -> None:
    """On a topic that does not exist, and again when it does."""
    for records in (5, 1001):
        expected, printed = alike(tools, LATENCY, f"{apache_kafka} {topic}-{{own}} {records} all 20")
        assert (expected.code, printed.code) == (0, 0), f"{expected}\n\n{printed}"
        theirs = [line.replace(f"{topic}-k", "IT") for line in expected.lines()]
        ours = [line.replace(f"{topic}-o", "IT") for line in printed.lines()]
        if tools is OLDER:
            assert ours[0].startswith(POSITIONAL_NOTICE)
            ours = ours[1:]
        assert [_NUMBER.sub("#", line) for line in ours] == [_NUMBER.sub("#", line) for line in theirs]


def test_latency_by_name(apache_kafka: str, topic: str) -> None:
    """With key and headers, which the other tools then find."""
    flags = "--num-records 3 --producer-acks 1 --record-size 7 --record-key-size 5 --num-headers 2"
    sizes = "--record-header-key-size 4 --record-header-size 6"
    expected, printed = alike(
        NEWER, LATENCY, f"--bootstrap-server {apache_kafka} --topic {topic}-{{own}} {flags} {sizes}"
    )
    assert expected.code == printed.code == 0, f"{expected}\n\n{printed}"
    assert [line.replace("-k", "-o") for line in shape(expected)] == shape(printed)
    sizes_found = []
    for own in "ko":
        consumed = run(
            OURS.command("kafka-console-consumer"),
            *("--topic", f"{topic}-{own}", "--from-beginning", "--max-messages", "3", "--json"),
            *("--bootstrap-server", apache_kafka),
        )
        sizes_found.append(
            [
                (
                    len(record["key"]),
                    len(record["value"]),
                    [(len(name), len(value)) for name, value in record["headers"]],
                )
                for record in consumed.json_lines()
            ]
        )
    assert sizes_found[0] == sizes_found[1] == [(5, 7, [(4, 6), (4, 6)])] * 3


@pytest.mark.parametrize(
    ("tools", "words"),
    [
        (NEWER, "{server} t 3"),
        (NEWER, "{server} t 3 0 10"),
        (NEWER, "{server} t 0 1 10"),
        (NEWER, "--bootstrap-server {server} --topic t --num-records 3 --producer-acks 1"),
        (NEWER, "--bootstrap-server {server} --topic t --num-records 3 --producer-acks 2 --record-size 1"),
        (NEWER, "--bootstrap-server {server} --topic t --num-records 3 --producer-acks 1 --record-size -1"),
        (NEWER, "--bootstrap-server {server} --topic t --num-records -3 --producer-acks 1 --record-size 1"),
        (
            NEWER,
            "--bootstrap-server {server} --topic t --num-records 3 --producer-acks 1 --record-size 1 --num-headers -1",
        ),
        (NEWER, "--topic t"),
    ],
    ids=lambda value: getattr(value, "label", value),
)
def test_mistakes_with_latency(apache_kafka: str, tools: JavaTools, words: str) -> None:
    expected, printed = alike(tools, LATENCY, words.format(server=apache_kafka))
    assert (printed.code, complaint(printed)) == (expected.code, complaint(expected))
    assert len(printed.errors.splitlines()) == 1


@pytest.mark.parametrize(
    ("tool", "flags"),
    [
        (PRODUCER, "--topic t --num-records 5 --record-size 5 --throughput -1"),
        (CONSUMER, "--topic t --num-records 5"),
        (LATENCY, "--topic t --num-records 5 --producer-acks 1 --record-size 5"),
    ],
)
def test_where_nobody_listens(tool: str, flags: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    done = run(OURS.command(tool), *flags.split(), "--bootstrap-server", address)
    assert (done.code, done.output) == (1, "")
    assert done.errors == (
        f"--bootstrap-server {address}: no broker could be reached: Connect to {address} failed: Connection refused\n"
    )


def test_json_is_one_object_per_window_and_one_result(apache_kafka: str, topic: str) -> None:
    server = ("--bootstrap-server", apache_kafka, "--topic", topic, "--json")
    sent = run(
        OURS.command(PRODUCER),
        *("--num-records", "2500", "--record-size", "10", "--throughput", "1000", "--reporting-interval", "400"),
        *("--warmup-records", "1000", *server),
    )
    objects = [json.loads(line) for line in sent.lines()]
    assert [entry["kind"] for entry in objects[-2:]] == ["result", "result"]
    assert [(entry["steady_state"], entry["records"]) for entry in objects[-2:]] == [(False, 2500), (True, 1500)]
    windows = [entry for entry in objects if entry["kind"] == "window"]
    assert len(windows) >= 3
    assert sum(entry["records"] for entry in windows) <= 2500
    read_back = run(OURS.command(CONSUMER), "--num-records", "2500", *server)
    (result,) = [json.loads(line) for line in read_back.lines()]
    assert (result["kind"], result["records"], result["consumed_bytes"]) == ("result", 2500, 25_000)
