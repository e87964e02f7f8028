"""`kafka-dump-log`, ours and Apache Kafka's, on the same files: written by Kafka, by us, and by nobody in order.

Kafka's tool runs many times in one JVM, and ours in this process: what it costs to start them is not the question.
"""

from __future__ import annotations

import base64
import contextlib
import io
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from barnabas.cli.main import kafka_dump_log
from barnabas.foundation.clock import ManualClock
from barnabas.foundation.identifiers import TopicPartition as Name
from barnabas.protocol.records import Compression, NewRecord, build_batch
from barnabas.storage import LogConfig, LogDirectory, SystemFileSystem
from conformance.broker import started_broker
from conformance.command_line import JAVA_OPTIONS, Finished, OurTools, succeed
from conformance.kafka_jars import JarsUnavailable, class_path
from conformance.oracle import kafka_content
from conformance.oracle.kafka_process import KafkaProcess, killed_at_the_end
from conformance.tools import damaged_files as odd
from conformance.tools.sample_records import SAMPLES, log_of
from programs import cannot_run, require_program

pytestmark = [pytest.mark.jvm, pytest.mark.slow, pytest.mark.timeout(240, func_only=True)]

KAFKA_VERSION: Final = "4.1.1"
MANY_DUMPS: Final = Path(__file__).with_name("ManyDumps.java")
STACK_TRACE: Final = "Exception in thread"
DATA_FILES: Final = ("log", "index", "timeindex", "snapshot", "txnindex")


class KafkaDumps:
    """Kafka's tool, asked again and again."""

    def __init__(self) -> None:
        try:
            classes = class_path(KAFKA_VERSION)
        except JarsUnavailable as error:
            cannot_run(str(error))
        command = [require_program("java"), *JAVA_OPTIONS, "-cp", classes, str(MANY_DUMPS)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )

    def run(self, words: list[str]) -> Finished:
        """What the tool printed, with the noise of its logging left out."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\t".join(words) + "\n")
        self.process.stdin.flush()
        code, output, errors = self.process.stdout.readline().rstrip("\n").split(" ")
        told = [line for line in _text(errors).splitlines(keepends=True) if not line.startswith("SLF4J")]
        return Finished(("DumpLogSegments", *words), int(code), _text(output), "".join(told))

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaDumps]:
    dumps = KafkaDumps()
    try:
        yield dumps
    finally:
        dumps.close()


def both(kafka: KafkaDumps, files: list[Path], *flags: str) -> tuple[Finished, Finished]:
    """What Kafka's tool printed, and what ours did."""
    words = ["--files", ",".join(map(str, files)), *flags]
    return kafka.run(words), run_ours(words)


def run_ours(words: list[str]) -> Finished:
    output, errors = io.TextIOWrapper(io.BytesIO(), "utf-8", newline=""), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = kafka_dump_log(words)
        output.flush()
    return Finished(("kafka-dump-log", *words), code, output.buffer.getvalue().decode(), errors.getvalue())


def check_same(kafka: KafkaDumps, files: list[Path], *flags: str) -> str:
    """Both must print the same; returns it."""
    expected, printed = both(kafka, files, *flags)
    assert files
    assert printed.output.splitlines() == expected.output.splitlines(), flags
    assert (printed.output, printed.code, printed.errors) == (expected.output, expected.code, expected.errors)
    return printed.output + printed.errors


def check_same_end(kafka: KafkaDumps, files: list[Path], *flags: str) -> str:
    """Kafka's tool ends with a stack trace; ours has printed no more until there, and says why in one line."""
    expected, printed = both(kafka, files, *flags)
    assert STACK_TRACE in expected.errors, expected
    assert expected.output.startswith(printed.output)
    assert printed.code == expected.code == 1
    assert len(printed.errors.splitlines()) == 1, printed.errors
    return printed.errors


def files_in(folder: Path, suffix: str, topic: str = "*") -> list[Path]:
    return sorted(folder.glob(f"{topic}-[0-9]*/*.{suffix}"))


@pytest.fixture(scope="module")
def of_kafka(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of a real broker: `live` while it runs, with a transaction open, and `stopped`."""
    folder = tmp_path_factory.mktemp("files-of-kafka")
    now_ms = int(time.time() * 1000)
    with killed_at_the_end(KafkaProcess(KAFKA_VERSION, folder / "kafka")) as broker:
        broker.prepare()
        broker.start()
        kafka_content.fill(broker.bootstrap, now_ms)
        hanging = kafka_content.open_transaction(broker.bootstrap, now_ms)
        while not list(broker.data.glob("compacted-0/*.deleted")):
            time.sleep(0.2)
        _copy(broker.data, folder / "live")
        hanging.purge()
        broker.stop()
        _copy(broker.data, folder / "stopped")
    return folder


def _copy(data: Path, target: Path) -> None:
    """Without what is about to be deleted, and of the topic with megabytes of equal records only the ends."""
    shutil.copytree(data, target, ignore=shutil.ignore_patterns("*.deleted", ".lock"))
    for segment in sorted(target.glob("segments-0/*.log"))[1:-1]:
        for file in segment.parent.glob(f"{segment.stem}.*"):
            file.unlink()


@pytest.mark.parametrize("state", ["live", "stopped"])
@pytest.mark.parametrize(
    "flags", ["", "--deep-iteration", "--print-data-log", "--print-data-log --skip-record-metadata"]
)
def test_logs_of_kafka(kafka: KafkaDumps, of_kafka: Path, state: str, flags: str) -> None:
    shown = check_same(kafka, files_in(of_kafka / state, "log"), *flags.split())
    assert "compresscodec: zstd" in shown


@pytest.mark.parametrize("state", ["live", "stopped"])
@pytest.mark.parametrize("suffix", ["index", "timeindex", "snapshot", "txnindex"])
@pytest.mark.parametrize("flags", ["", "--verify-index-only", "--index-sanity-check"])
def test_what_kafka_keeps_beside_a_log(kafka: KafkaDumps, of_kafka: Path, state: str, suffix: str, flags: str) -> None:
    for file in files_in(of_kafka / state, suffix):
        expected, printed = both(kafka, [file], *flags.split())
        if STACK_TRACE not in expected.errors:
            assert (printed.output, printed.code, printed.errors) == (expected.output, 0, expected.errors)
        else:
            assert (printed.output, printed.code) == (expected.output, expected.code)
            assert len(printed.errors.splitlines()) == 1


@pytest.mark.parametrize(
    ("topic", "flag"),
    [
        ("__consumer_offsets", "--offsets-decoder"),
        ("__transaction_state", "--transaction-log-decoder"),
        ("__cluster_metadata", "--cluster-metadata-decoder"),
    ],
)
def test_internal_topics_of_kafka(kafka: KafkaDumps, of_kafka: Path, topic: str, flag: str) -> None:
    shown = check_same(kafka, files_in(of_kafka / "stopped", "log", topic), flag)
    assert '"data":{' in shown
    assert "Error at" not in shown


def test_snapshots_of_kafka(kafka: KafkaDumps, of_kafka: Path) -> None:
    files = [of_kafka / "stopped" / "bootstrap.checkpoint", *files_in(of_kafka / "stopped", "checkpoint")]
    shown = check_same(kafka, files, "--cluster-metadata-decoder")
    assert "SnapshotHeader" in shown


@pytest.mark.parametrize("flag", SAMPLES)
@pytest.mark.parametrize("more", ["", "--skip-record-metadata"])
def test_every_kind_of_record(kafka: KafkaDumps, tmp_path: Path, flag: str, more: str) -> None:
    files = odd.put(tmp_path, {odd.LOG: log_of(SAMPLES[flag]())})
    shown = check_same(kafka, files, flag, *more.split())
    assert "Error at" in shown, "the samples have some that make no sense"


@pytest.fixture(scope="module")
def of_ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of our broker with a topic, a compacted one and a group that has committed, after it was stopped."""
    folder = tmp_path_factory.mktemp("files-of-ours")
    overrides = {
        "offsets.topic.num.partitions": "2",
        "log.cleaner.backoff.ms": "200",
        "auto.create.topics.enable": "true",
    }
    now_ms = int(time.time() * 1000)
    with started_broker(folder, overrides) as broker:
        assert broker.data is not None
        kafka_content.produce(
            broker.bootstrap,
            [("plain", 0, b"k%d" % n, b"v%d" % n, now_ms + n, [("h", b"1")]) for n in range(200)],
            {"enable.idempotence": True, "compression.type": "lz4"},
        )
        _compact(broker.bootstrap, broker.data, now_ms)
        settings = {"bootstrap.servers": broker.bootstrap, "group.id": "readers", "auto.offset.reset": "earliest"}
        consumer = Consumer(settings)
        consumer.subscribe(["plain"])
        while not consumer.consume(200, timeout=1):
            pass
        consumer.commit(offsets=[TopicPartition("plain", 0, 150, "half-way")], asynchronous=False)
        consumer.close()
        return broker.data


def _compact(bootstrap: str, data: Path, now_ms: int) -> None:
    """Write a topic whose first segment loses most of its records, and wait until it has."""
    config = {"cleanup.policy": "compact", "segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.01"}
    admin = AdminClient({"bootstrap.servers": bootstrap})
    kafka_content.wait_for(admin.create_topics([NewTopic("compacted", 1, 1, config=config)]))
    keys = [b"key-%02d" % (n % 40 if n % 7 else n) for n in range(1500)]
    records = [("compacted", 0, key, b"%05d" % n + bytes(995), now_ms + n, None) for n, key in enumerate(keys)]
    kafka_content.produce(bootstrap, [*records, ("compacted", 0, b"key-01", None, now_ms + 9999, None)])
    first = data / "compacted-0" / odd.LOG
    while first.stat().st_size > 500_000:
        time.sleep(0.1)


def test_data_of_our_broker(kafka: KafkaDumps, of_ours: Path) -> None:
    files = [file for suffix in DATA_FILES for file in files_in(of_ours, suffix)]
    shown = check_same(kafka, files, "--print-data-log")
    assert "payload: v199" in shown
    assert "Non-consecutive offsets in" in shown, "of the compacted topic"
    words = ["--files", ",".join(map(str, files)), "--print-data-log"]
    installed = succeed(OurTools().command("kafka-dump-log"), *words)
    assert installed.output + installed.errors == shown
    shown = check_same(kafka, files_in(of_ours, "log", "__consumer_offsets"), "--offsets-decoder")
    assert '{"group":"readers","topic":"plain","partition":0}' in shown
    assert '"subscription":{"topics":["plain"]' in shown


def test_segments_that_our_storage_wrote(kafka: KafkaDumps, tmp_path: Path) -> None:
    clock = ManualClock(odd.NOW_MS)
    config = LogConfig(segment_bytes=6000, index_interval_bytes=512)
    directory = LogDirectory.open(str(tmp_path), defaults=config, filesystem=SystemFileSystem(), clock=clock)
    log = directory.create_log(Name("orders", 0), uuid.uuid4())
    for number in range(80):
        records = [NewRecord(b"key", b"value %d " % number * 9, odd.NOW_MS + number) for _ in range(1 + number % 4)]
        codec = Compression(number % len(Compression))
        log.append_as_leader(memoryview(build_batch(records, compression=codec)), leader_epoch=0, now_ms=odd.NOW_MS)
    directory.close()
    files = [file for suffix in DATA_FILES for file in files_in(tmp_path, suffix)]
    assert sum(file.suffix == ".index" for file in files) > 2
    check_same(kafka, files, "--print-data-log", "--verify-index-only")
    check_same(kafka, files, "--deep-iteration")
    check_same(kafka, [file for file in files if "index" in file.suffix], "--index-sanity-check")


@pytest.mark.parametrize(
    "flags",
    [
        "",
        "--deep-iteration",
        "--print-data-log",
        "--print-data-log --skip-record-metadata",
        "--max-bytes 400",
        "--value-decoder-class",
        "--key-decoder-class org.apache.kafka.tools.api.StringDecoder",
    ],
)
def test_odd_batches(kafka: KafkaDumps, tmp_path: Path, flags: str) -> None:
    shown = check_same(kafka, odd.put(tmp_path, {odd.LOG: odd.odd_batches()}), *flags.split())
    assert ("Non-consecutive offsets in" in shown) == ("-d" in flags)


def test_numbers(kafka: KafkaDumps, tmp_path: Path) -> None:
    records = [NewRecord(n.to_bytes(4, "big"), n.to_bytes(8, "big") + b"more", odd.NOW_MS) for n in (0, 7, 2**30)]
    files = odd.put(tmp_path, {odd.LOG: bytes(build_batch(records))})
    package = "org.apache.kafka.tools.api."
    shown = check_same(
        kafka,
        files,
        "--key-decoder-class",
        f"{package}IntegerDecoder",
        "--value-decoder-class",
        f"{package}LongDecoder",
    )
    assert "key: 1073741824 payload: 1073741824" in shown


DAMAGED_LOGS: Final = {
    "nothing": b"",
    "a few bytes": b"\0" * 9,
    "torn header": odd.batch(0) + odd.batch(3)[:40],
    "torn batch": odd.batch(0) + odd.batch(3)[:-1],
    "zeros at the end": odd.batch(0) + bytes(16),
    "value flipped": odd.flipped(odd.batch(0), -5) + odd.batch(3),
    "CRC flipped": odd.batch(0) + odd.flipped(odd.batch(3), 18) + odd.batch(6),
    "producer flipped": odd.flipped(odd.batch(0), 44) + odd.batch(3),
    "length flipped": odd.batch(0) + odd.flipped(odd.batch(3), 9) + odd.batch(6),
    "epoch of another": odd.batch(0) + odd.flipped(odd.batch(3), 14),
    "offsets going back": odd.batch(6) + odd.batch(3) + odd.batch(3),
}


@pytest.mark.parametrize("flags", ["", "--print-data-log"])
def test_damaged_logs(kafka: KafkaDumps, tmp_path: Path, flags: str) -> None:
    """All in one run, so that the files' order in the complaints shows as well."""
    folders = [tmp_path / f"case-{place}" for place in range(len(DAMAGED_LOGS))]
    files = [
        odd.put(folder, {odd.LOG: content})[0] for folder, content in zip(folders, DAMAGED_LOGS.values(), strict=True)
    ]
    shown = check_same(kafka, files, *flags.split())
    assert "isvalid: false" in shown
    assert "invalid bytes at the end of" in shown


@pytest.mark.parametrize(
    ("content", "flags", "reason"),
    [
        (odd.batch(0) + bytes(80), "", "Found record size 0 smaller than minimum record overhead (14)"),
        (odd.flipped(odd.batch(0), 61), "--deep-iteration", "the batch at position 0 can't be read"),
        (
            odd.batch(0) + odd.flipped(odd.batch(3, compression=Compression.ZSTD), 64),
            "--deep-iteration",
            "the batch at position",
        ),
        (odd.batch(0), "--value-decoder-class no.such.Decoder", "--value-decoder-class no.such.Decoder: "),
        (odd.batch(0), "--key-decoder-class org.apache.kafka.tools.api.LongDecoder", "LongDecoder needs 8 bytes"),
    ],
)
def test_where_kafka_gives_up(kafka: KafkaDumps, tmp_path: Path, content: bytes, flags: str, reason: str) -> None:
    assert reason in check_same_end(kafka, odd.put(tmp_path, {odd.LOG: content}), *flags.split())


LOG_BYTES, OFFSETS, TIMES = odd.sound_segment()
INDEXES: Final = {
    "sound": (OFFSETS, TIMES),
    "preallocated": (OFFSETS + bytes(80), TIMES + bytes(120)),
    "empty": (b"", b""),
    "odd size": (OFFSETS + b"\0\0\0", TIMES + b"\0\0\0"),
    "wrong offsets": (
        odd.offset_index([(1, 0), (7, 101)]),
        odd.time_index([(odd.NOW_MS + 4, 4), (odd.NOW_MS + 99, 99)]),
    ),
    "wrong times": (OFFSETS, odd.time_index([(odd.NOW_MS + 3, 2), (odd.NOW_MS + 1, 5), (odd.NOW_MS + 8, 8)])),
    "going back": (OFFSETS, odd.time_index([(odd.NOW_MS + 8, 8), (odd.NOW_MS + 5, 5)])),
    "before the base": (odd.offset_index([(2, 0), (-4, 101)]), odd.time_index([(odd.NOW_MS, 2), (odd.NOW_MS + 9, -4)])),
    "beyond the log": (odd.offset_index([(2, 99999)]), TIMES),
}


@pytest.mark.parametrize("flags", ["", "--verify-index-only", "--index-sanity-check"])
@pytest.mark.parametrize("name", INDEXES)
def test_indexes_that_lie(kafka: KafkaDumps, tmp_path: Path, name: str, flags: str) -> None:
    offsets, times = INDEXES[name]
    _, index, times_index = odd.put(tmp_path, {odd.LOG: LOG_BYTES, odd.INDEX: offsets, odd.TIME_INDEX: times})
    for file in (index, times_index):
        expected, printed = both(kafka, [file], *flags.split())
        assert (printed.output, printed.code) == (expected.output, expected.code), f"{expected}\n{printed}"
        if STACK_TRACE in expected.errors:
            assert len(printed.errors.splitlines()) == 1
            if flags == "--index-sanity-check":
                assert printed.errors.strip() in expected.errors
        else:
            assert printed.errors == expected.errors


def test_mismatches_of_many_files(kafka: KafkaDumps, tmp_path: Path) -> None:
    """Complaints come at the end, file by file in the order of a hash map, some of them back to front."""
    files = []
    for number in range(14):
        name = f"{number:020}"
        wrong = (
            odd.offset_index([(1, 0), (7, 101)]),
            odd.time_index([(odd.NOW_MS + 3, 2), (odd.NOW_MS + 1, 5), (5, 99)]),
        )
        content = {f"{name}.log": odd.batch(number) + odd.batch(number + 9), f"{name}.index": wrong[0]}
        files += odd.put(tmp_path / "many", {**content, f"{name}.timeindex": wrong[1]})
    logs = [file for file in files if file.suffix == ".log"]
    shown = check_same(kafka, [*logs, *(file for file in files if file.suffix == ".timeindex")], "--deep-iteration")
    assert shown.count("Non-consecutive offsets in") == 14


def test_snapshots_and_aborted_transactions(kafka: KafkaDumps, tmp_path: Path) -> None:
    files = odd.put(
        tmp_path,
        {
            "00000000000000000010.snapshot": odd.producer_snapshot(odd.PRODUCERS),
            "00000000000000000011.snapshot": odd.producer_snapshot([]),
            "00000000000000000012.snapshot": odd.producer_snapshot(odd.PRODUCERS, crc_offset=1),
            "00000000000000000013.snapshot": odd.producer_snapshot(odd.PRODUCERS, version=3),
            "00000000000000000010.txnindex": odd.transaction_index([(1, 10, 20, 30), (2**40, 0, 21, 22)]),
            "00000000000000000011.txnindex": b"",
            "00000000000000000012.txnindex": odd.transaction_index([(1, 10, 20, 30), (2, 3, 4, 5)])[:-3],
            "leader-epoch.checkpoint.deleted": b"",
        },
    )
    shown = check_same(kafka, files)
    assert "currentTxnFirstOffset: OptionalLong[77]" in shown
    assert "CRC is no longer valid" in shown
    assert "Ignoring unknown file" in shown
    newer = odd.put(tmp_path, {"00000000000000000013.txnindex": odd.transaction_index([(1, 10, 20, 30)], version=256)})
    assert "has version 256, expected 0" in check_same_end(kafka, newer)


@pytest.mark.parametrize("name", ["no-dot", "name.log", "00000000000000000000.log", "5-6.checkpoint", "x.index"])
def test_names(kafka: KafkaDumps, tmp_path: Path, name: str) -> None:
    assert str(tmp_path / name) in check_same_end(kafka, [tmp_path / name])
