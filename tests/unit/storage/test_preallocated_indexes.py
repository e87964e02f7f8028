"""Indexes as a killed Kafka leaves them: a few entries, then the zeros of the room that it had reserved."""

from __future__ import annotations

import logging

import pytest

from barnabas.storage import LogConfig
from barnabas.testing.memory_filesystem import MemoryFileSystem
from unit.storage.batches import ORDERS, all_values, fill, new_log, open_directory

FOLDER = "/data/orders-0"
INDEX = f"{FOLDER}/00000000000000000000.index"
TIME_INDEX = f"{FOLDER}/00000000000000000000.timeindex"
VALUES = [b"%04d" % number * 50 for number in range(40)]


@pytest.mark.parametrize("keeps_entries", [True, False])
@pytest.mark.parametrize("recovery_point", [0, 25])
def test_zeros_behind_the_entries_are_no_damage(
    keeps_entries: bool, recovery_point: int, caplog: pytest.LogCaptureFixture
) -> None:
    filesystem = MemoryFileSystem()
    config = LogConfig(index_interval_bytes=1000)
    log = new_log(config, filesystem)
    fill(log, VALUES)
    log.close()
    for path, entry_bytes in ((INDEX, 8), (TIME_INDEX, 12)):
        file = filesystem.open(path)
        if not keeps_entries:
            file.truncate(0)
        file.append(bytes(100 * entry_bytes))
    checkpoint = filesystem.open("/data/recovery-point-offset-checkpoint")
    checkpoint.truncate(0)
    checkpoint.append(f"0\n1\norders 0 {recovery_point}\n".encode())
    with caplog.at_level(logging.WARNING):
        recovered = open_directory(filesystem.after_crash(), config).logs[ORDERS]
    assert all_values(recovered) == VALUES
    assert caplog.messages == []
