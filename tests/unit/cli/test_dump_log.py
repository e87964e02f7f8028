"""`dump-log`: files from the test's own hand; that the text is Kafka's, `tests/conformance/tools` compares."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from barnabas.cli.dump_log.command import COMMAND
from barnabas.cli.dump_log.decoders import find_byte_decoder
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.flags import run
from barnabas.protocol.records import EndTransactionMarker, NewRecord, build_batch, build_end_transaction_marker
from barnabas.protocol.records.control import ControlType

LOG = "00000000000000000000.log"
NOW_MS = 1_700_000_000_000


def batch(offset: int, *values: bytes | None) -> bytes:
    return bytes(build_batch([NewRecord(b"k", value, NOW_MS) for value in values], base_offset=offset))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two batches with a gap between them, a marker, and a torn end."""
    marker = build_end_transaction_marker(
        EndTransactionMarker(ControlType.ABORT, 3), producer_id=7, producer_epoch=0, timestamp_ms=NOW_MS, base_offset=11
    )
    file = tmp_path / LOG
    file.write_bytes(batch(0, b"a", None) + batch(10, b"b") + bytes(marker) + batch(12, b"torn")[:-2])
    return file


def dump(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run(COMMAND, [str(argument) for argument in arguments], "kafka-dump-log")
    output, errors = capfd.readouterr()
    return code, output, errors


def objects(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_batches_and_records(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, output, errors = dump(capfd, "--files", log, "--print-data-log")
    assert code == 0
    lines = output.splitlines()
    assert lines[:2] == [f"Dumping {log}", "Log starting offset: 0"]
    assert lines[2].startswith("baseOffset: 0 lastOffset: 1 count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 ")
    assert lines[2].endswith(" isvalid: true")
    metadata = f"CreateTime: {NOW_MS} keySize: 1 valueSize: 1 sequence: -1 headerKeys: []"
    assert lines[3] == f"| offset: 0 {metadata} key: k payload: a"
    assert lines[4] == f"| offset: 1 {metadata.replace('valueSize: 1', 'valueSize: -1')} key: k"
    assert lines[-2].endswith(" endTxnMarker: ABORT coordinatorEpoch: 3")
    assert lines[-1].startswith("Found ")
    assert lines[-1].endswith(f" invalid bytes at the end of {LOG}")
    assert errors.splitlines() == [f"Non-consecutive offsets in {log}", "  1 is followed by 10"]


def test_json_is_one_object_for_each_thing(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, output, errors = dump(capfd, "--files", log, "--print-data-log", "--json")
    found = objects(output)
    assert (code, errors) == (0, "")
    assert {entry["file"] for entry in found} == {str(log)}
    assert [entry["kind"] for entry in found] == [
        *["file", "batch", "record", "record", "batch", "record", "batch", "record", "file", "offsetGap"]
    ]
    assert (found[2]["offset"], found[2]["key"], found[2]["payload"]) == (0, "k", "a")
    assert found[7]["control"] == {"type": "ABORT", "coordinatorEpoch": 3}
    assert (found[9]["offset"], found[9]["nextOffset"]) == (1, 10)


def test_shallow_by_default_and_only_so_much(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _, output, errors = dump(capfd, "--files", log, "--max-bytes", len(batch(0, b"a", None)) + 5)
    assert len(output.splitlines()) == 3
    assert errors == ""


def test_a_damaged_batch_is_told_and_what_follows_it_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    damaged = bytearray(batch(0, b"a"))
    damaged[-2] ^= 1
    file = tmp_path / LOG
    file.write_bytes(bytes(damaged) + batch(1, b"b"))
    code, output, errors = dump(capfd, "--files", file)
    assert (code, errors) == (0, "")
    assert [line.split()[-1] for line in output.splitlines()[2:]] == ["false", "true"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bytes(100), "Found record size 0 smaller than minimum record overhead (14) in file {file}, at position 0."),
        (
            batch(0, b"a")[:16] + b"\x01" + batch(0, b"a")[17:],
            "{file}: the batch at position 0 has message format 1; only 2 is read here",
        ),
    ],
)
def test_where_reading_ends(tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes, reason: str) -> None:
    file = tmp_path / LOG
    file.write_bytes(content)
    code, output, errors = dump(capfd, "--files", file)
    assert (code, output.splitlines()) == (1, [f"Dumping {file}", "Log starting offset: 0"])
    assert errors == reason.format(file=file) + "\n"


def test_indexes_are_compared_with_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / LOG).write_bytes(batch(0, b"a", b"b") + batch(2, b"c"))
    index, times = tmp_path / LOG.replace("log", "index"), tmp_path / LOG.replace("log", "timeindex")
    index.write_bytes(struct.pack(">iiii", 9, 0, 0, 0))
    times.write_bytes(struct.pack(">qiqi", NOW_MS + 1, 1, 0, 0))
    code, output, errors = dump(capfd, "--files", f"{index},{times}")
    assert code == 0
    assert output.splitlines() == [
        f"Dumping {index}",
        "offset: 9 position: 0",
        f"Dumping {times}",
        f"timestamp: {NOW_MS + 1} offset: 1",
    ]
    assert errors.splitlines() == [
        f"Mismatches in :{index}",
        "  Index offset: 9, log offset: 1",
        f"Found timestamp mismatch in :{times}",
        f"  Index timestamp: {NOW_MS + 1}, log timestamp: {NOW_MS}",
    ]
    _, output, _ = dump(capfd, "--files", index, "--index-sanity-check")
    assert output.splitlines()[1:] == [f"{index} passed sanity check."]


def test_names_are_written_as_java_does(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _, output, errors = dump(capfd, "--files", f"{log.parent}//{LOG},{log.parent}/x.deleted/,,")
    assert output.splitlines()[0] == f"Dumping {log}"
    assert f"Ignoring unknown file {log.parent}/x.deleted" in errors


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], 'Missing required argument "[files]"'),
        (["--files", "a.log"], "--files a.log: a name that begins with an offset was expected"),
        (["--files", "no-dot"], "--files no-dot: a name ending in .log, .index, .timeindex, .snapshot"),
        (["--files", "7.log"], "7.log: a readable file was expected: No such file or directory"),
        (["--files", "x-y.checkpoint"], "--files x-y.checkpoint: a name with an end offset and an epoch was expected"),
        (["--files", "0.log", "--max-bytes", "x"], "Cannot parse argument 'x' of option max-bytes"),
        (["--files", "0.log", "--max-bytes", "-1"], "--max-bytes -1: a number of bytes from 0 to 2147483647"),
        (["--files", "0.log", "--value-decoder-class", "a.B"], "--value-decoder-class a.B: classes can't be loaded"),
        (["--files", "0.log", "--bogus"], "bogus is not a recognized option"),
    ],
)
def test_mistakes_take_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, errors = dump(capfd, *arguments)
    assert code == 1
    assert errors.startswith(complaint)
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("name", ["Long", "LongDecoder", "org.apache.kafka.tools.api.LongDecoder"])
def test_decoders_have_short_names_too(name: str) -> None:
    assert find_byte_decoder(name, "value-decoder-class")(struct.pack(">q", -5)) == -5
    with pytest.raises(InvalidUsage, match="StringDecoder, LongDecoder, IntegerDecoder, DefaultDecoder are built in"):
        find_byte_decoder(f"my.{name}", "value-decoder-class")
