"""The log cleaner: round after round, each of its threads takes the dirtiest log that no other works on, and cleans it.

A cleaning that fails marks its log uncleanable until the next start, says so once, and the others go on. An error of
the disk is also told to the log, whose directory goes offline by it; a damaged batch is named. When there is nothing to
do, a thread waits for `log.cleaner.backoff.ms`.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from barnabas.foundation.clock import Clock
from barnabas.foundation.errors import KafkaError
from barnabas.foundation.identifiers import TopicPartition
from barnabas.protocol.records import InvalidBatch
from barnabas.storage.compaction.clean_offsets import CleanOffsets
from barnabas.storage.compaction.gathering import facts_of, job_for
from barnabas.storage.compaction.job import (
    CleanedGroup,
    CleaningDone,
    CleaningError,
    CleaningFailed,
    CleaningLimits,
    CleaningStatistics,
    Report,
)
from barnabas.storage.compaction.rewrite import remove_cleaned
from barnabas.storage.compaction.rewriting import LogView
from barnabas.storage.compaction.runners import CleaningRunner
from barnabas.storage.compaction.selection import CleanableRange, cleanable_range
from barnabas.storage.compaction.statistics import CleanerMetrics, describe
from barnabas.storage.disk_errors import is_of_the_disk
from barnabas.storage.filesystem import FileSystem
from barnabas.storage.partition_log import PartitionLog
from barnabas.storage.segment import LOG_SUFFIX, file_name

JOIN_SECONDS: Final = 30.0
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CleanerSettings:
    """`log.cleaner.*` as they hold at this moment."""

    threads: int = 1
    backoff_ms: int = 15_000
    limits: CleaningLimits = field(default_factory=CleaningLimits)


class _Abandoned(Exception):
    """The cleaning's result is of no use any more: the log was cut or deleted, or the cleaner stops."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A log that is cleaned now."""

    log: PartitionLog
    view: LogView
    part: CleanableRange


class LogCleaner:
    """Start it once, close it once; `clean_dirtiest` is one round of one thread."""

    def __init__(
        self,
        logs: Callable[[], Iterable[tuple[PartitionLog, int]]],
        settings: Callable[[], CleanerSettings],
        make_runner: Callable[[], CleaningRunner],
        *,
        filesystem: FileSystem,
        clock: Clock,
    ) -> None:
        """`logs` gives every log that is in use, with its high watermark."""
        self._logs = logs
        self._settings = settings
        self._make_runner = make_runner
        self._filesystem = filesystem
        self._clock = clock
        self._choosing = threading.Lock()
        self._stopping = threading.Event()
        self._threads: dict[int, threading.Thread] = {}
        self._runners: dict[int, CleaningRunner] = {}
        self._in_progress: set[TopicPartition] = set()
        self._uncleanable: dict[TopicPartition, PartitionLog] = {}
        self._clean_offsets: dict[str, CleanOffsets] = {}
        self._last: dict[int, CleaningStatistics] = {}
        self._metrics = CleanerMetrics(self._last)

    @property
    def metrics(self) -> dict[str, float]:
        """Kafka's metrics of the cleaner by name."""
        return self._metrics.values()

    @property
    def uncleanable(self) -> list[TopicPartition]:
        """The logs that are left alone because their cleaning failed."""
        return list(self._uncleanable)

    # Threads

    def start(self) -> None:
        """Begin to look for dirty logs."""
        self._start_thread(0)

    def close(self) -> None:
        """End, and give up what is being cleaned; blocks for a moment."""
        self._stopping.set()
        with self._choosing:
            threads, runners = list(self._threads.values()), list(self._runners.values())
        for runner in runners:
            runner.stop()
        for thread in threads:
            thread.join(JOIN_SECONDS)

    def _start_thread(self, number: int) -> None:
        with self._choosing:
            if self._stopping.is_set():
                return
            self._runners[number] = runner = self._make_runner()
            thread = threading.Thread(
                target=self._work, args=(number, runner), name=f"log-cleaner-{number}", daemon=True
            )
            self._threads[number] = thread
            thread.start()

    def _work(self, number: int, runner: CleaningRunner) -> None:
        try:
            while not self._stopping.is_set():
                settings = self._settings()
                if number == 0:
                    for missing in set(range(1, settings.threads)) - self._threads.keys():
                        self._start_thread(missing)
                elif number >= settings.threads:
                    return
                if number >= settings.threads or not self._clean_one(runner, number):
                    runner.rest()
                    self._stopping.wait(settings.backoff_ms / 1000)
        finally:
            runner.close()
            with self._choosing:
                self._threads.pop(number, None)
                self._runners.pop(number, None)
                self._last.pop(number, None)

    def _clean_one(self, runner: CleaningRunner, number: int) -> bool:
        try:
            return self.clean_dirtiest(runner, number)
        except Exception:
            _logger.exception("The log cleaner looks again later")
            return False

    # One round

    def clean_dirtiest(self, runner: CleaningRunner, number: int = 0) -> bool:
        """Clean the log that needs it most; False if none does, or its cleaning failed."""
        chosen = self._choose()
        if chosen is None:
            return False
        log = chosen.log
        try:
            self._clean(chosen, runner, number)
        except _Abandoned:
            _logger.info("Gave up compacting %s: it was cut or deleted, or the broker stops", log.topic_partition)
            return False
        except Exception as error:
            self._failed(chosen, error)
            return False
        finally:
            log.rewriting.is_running = False
            with self._choosing:
                self._in_progress.discard(log.topic_partition)
        return True

    def _choose(self) -> _Chosen | None:
        """The dirtiest log of those that are worth it; it is in progress from here on."""
        now_ms = self._clock.now_ms()
        with self._choosing:
            found: list[_Chosen] = []
            ratio, delay_ms = 0.0, 0
            logs = list(self._logs())
            self._forget_deleted([log for log, _ in logs])
            for log, high_watermark in logs:
                if not log.config.compact or log.topic_partition in self._in_progress:
                    continue
                if self._uncleanable.get(log.topic_partition) is log:
                    continue
                try:
                    chosen = self._examine(log, high_watermark, now_ms)
                except FileNotFoundError:
                    continue  # a segment has just gone; the next round sees the log without it
                except OSError as error:
                    self._mark_uncleanable(log, log.storage_error(error))
                    continue
                except KafkaError as error:
                    self._mark_uncleanable(log, error)
                    continue
                part = chosen.part
                ratio, delay_ms = max(ratio, part.dirty_ratio), max(delay_ms, part.compaction_delay_ms)
                if part.total_bytes and part.is_worth_cleaning(log.config):
                    found.append(chosen)
            self._metrics.max_dirty_ratio, self._metrics.max_compaction_delay_ms = ratio, delay_ms
            if not found:
                return None
            dirtiest = max(found, key=lambda candidate: candidate.part.dirty_ratio)
            self._in_progress.add(dirtiest.log.topic_partition)
            dirtiest.log.rewriting.is_running = True
            return dirtiest

    def _examine(self, log: PartitionLog, high_watermark: int, now_ms: int) -> _Chosen:
        view = log.rewriting.view()
        self._note_cut(log)
        offsets = self._offsets_of(log)
        checkpoint = offsets.get(log.topic_partition, log.topic_id)
        part = cleanable_range(facts_of(log, view, high_watermark), checkpoint, now_ms)
        if part.invalid_checkpoint is not None:
            if not log.config.delete:
                text = "Compacting %s from its start offset %d: %s"
                _logger.warning(text, log.topic_partition, part.first_dirty_offset, part.invalid_checkpoint)
            offsets.set(log.topic_partition, log.topic_id, part.first_dirty_offset)
        return _Chosen(log, view, part)

    def note_cut(self, log: PartitionLog) -> None:
        """Told by whoever truncated a log: what is written behind the cut is dirty again. Raises OSError.

        A round sees it too; but if the broker dies before, nobody would know.
        """
        with self._choosing:
            self._note_cut(log)

    def _note_cut(self, log: PartitionLog) -> None:
        lowest_cut = log.rewriting.take_lowest_cut()
        if lowest_cut is None:
            return
        offsets = self._offsets_of(log)
        checkpoint = offsets.get(log.topic_partition, log.topic_id)
        if checkpoint is not None and lowest_cut < checkpoint:
            offsets.set(log.topic_partition, log.topic_id, lowest_cut)

    def _clean(self, chosen: _Chosen, runner: CleaningRunner, number: int) -> None:
        log, view, part = chosen.log, chosen.view, chosen.part
        job = job_for(log, view, part, self._settings().limits, self._filesystem, self._clock.now_ms())

        def report(told: Report) -> None:
            if self._stopping.is_set() or log.rewriting.is_stale(view):
                raise _Abandoned
            if isinstance(told, CleanedGroup):
                if not log.rewriting.replace(view, told, log.config):
                    raise _Abandoned
                self._filesystem.sync_directory(log.directory)

        outcome: CleaningDone | CleaningFailed | None = None
        try:
            outcome = runner.run(job, view.segments, report)
            if isinstance(outcome, CleaningFailed):
                raise outcome.error()
            self._note(chosen, outcome, number)
        except BaseException as error:
            for segment in job.segments:
                remove_cleaned(self._filesystem, log.directory, segment.base_offset)
            if isinstance(error, Exception) and (self._stopping.is_set() or log.rewriting.is_stale(view)):
                raise _Abandoned from error
            if isinstance(error, InvalidBatch) and isinstance(outcome, CleaningFailed):
                file = file_name(outcome.damaged_segment or 0, LOG_SUFFIX)
                log.damaged(file, outcome.damaged_offset, error)
            raise

    def _note(self, chosen: _Chosen, done: CleaningDone, number: int) -> None:
        log = chosen.log
        self._offsets_of(log).set(log.topic_partition, log.topic_id, done.end_offset)
        self._last[number] = done.statistics
        _logger.info(
            "%s", describe(log.topic_partition, chosen.part.first_dirty_offset, done.end_offset, done.statistics)
        )
        if done.statistics.keyless_records:
            _logger.warning(
                "Compaction dropped %d records without a key from %s",
                done.statistics.keyless_records,
                log.topic_partition,
            )

    # Failures and checkpoints

    def _failed(self, chosen: _Chosen, error: Exception) -> None:
        log = chosen.log
        if isinstance(error, OSError):
            if not is_of_the_disk(error):
                _logger.warning("Compacting %s is tried again later: %s", log.topic_partition, error)
                return
            error = log.storage_error(error)
        if not isinstance(error, KafkaError | CleaningError):
            _logger.error("Compacting %s failed unexpectedly", log.topic_partition, exc_info=error)
        self._mark_uncleanable(log, error)

    def _mark_uncleanable(self, log: PartitionLog, error: Exception) -> None:
        self._uncleanable[log.topic_partition] = log
        self._metrics.uncleanable_partitions = len(self._uncleanable)
        _logger.warning("%s is not compacted any more until the next start: %s", log.topic_partition, error)

    def _offsets_of(self, log: PartitionLog) -> CleanOffsets:
        directory = os.path.dirname(log.directory)
        offsets = self._clean_offsets.get(directory)
        if offsets is None:
            offsets = self._clean_offsets[directory] = CleanOffsets(self._filesystem, directory)
        return offsets

    def _forget_deleted(self, logs: list[PartitionLog]) -> None:
        living = {log.topic_partition: log for log in logs}
        for name, log in list(self._uncleanable.items()):
            if living.get(name) is not log:
                del self._uncleanable[name]
        self._metrics.uncleanable_partitions = len(self._uncleanable)
        for directory, offsets in self._clean_offsets.items():
            names = [name for name, log in living.items() if os.path.dirname(log.directory) == directory]
            try:
                offsets.keep_only(names)
            except OSError as error:
                _logger.warning("%s: the cleaner's checkpoint can't be written: %s", directory, error.strerror)
