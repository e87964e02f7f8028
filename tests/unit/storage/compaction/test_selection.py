"""Which part of a log may be cleaned, and whether it is worth it: Kafka's LogCleanerManagerTest, case by case."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from barnabas.storage import LogConfig
from barnabas.storage.compaction.grouping import SegmentFacts, group_segments
from barnabas.storage.compaction.selection import CleanableRange, LogFacts, SegmentAge, cleanable_range

NOW_MS = 1_700_000_000_000
HOUR_MS = 3_600_000
CONFIG = LogConfig(compact=True, delete=False)


def segment(base_offset: int, size_bytes: int = 100, *, first_ms: int = NOW_MS, last_ms: int = NOW_MS) -> SegmentAge:
    return SegmentAge(base_offset, size_bytes, lambda: last_ms, lambda: first_ms)


def log(segments: Sequence[SegmentAge], **changes: object) -> LogFacts:
    """A log of ten offsets per segment, all of it committed."""
    end_offset = segments[-1].base_offset + 10
    facts = LogFacts(CONFIG, segments, segments[0].base_offset, end_offset, end_offset)
    return replace(facts, **changes)  # type: ignore[arg-type]


FOUR = [segment(0), segment(10), segment(20), segment(30)]


def offsets(part: CleanableRange) -> tuple[int, int]:
    return part.first_dirty_offset, part.first_uncleanable_offset


def test_a_log_that_was_never_cleaned_is_dirty_up_to_the_segment_that_is_written_to() -> None:
    part = cleanable_range(log(FOUR), None, NOW_MS)
    assert offsets(part) == (0, 30)
    assert (part.clean_bytes, part.cleanable_bytes, part.dirty_ratio) == (0, 300, 1.0)


def test_what_was_cleaned_counts_as_clean() -> None:
    part = cleanable_range(log(FOUR), 20, NOW_MS)
    assert offsets(part) == (20, 30)
    assert (part.clean_bytes, part.cleanable_bytes) == (200, 100)
    assert part.dirty_ratio == pytest.approx(1 / 3)


def test_nothing_is_dirty_right_after_a_cleaning() -> None:
    part = cleanable_range(log(FOUR), 30, NOW_MS)
    assert (part.cleanable_bytes, part.dirty_ratio) == (0, 0.0)
    assert not part.is_worth_cleaning(replace(CONFIG, min_cleanable_dirty_ratio=0.0))


def test_the_ratio_has_to_be_exceeded() -> None:
    part = cleanable_range(log(FOUR[:3]), 10, NOW_MS)
    assert part.dirty_ratio == 0.5
    assert not part.is_worth_cleaning(replace(CONFIG, min_cleanable_dirty_ratio=0.5))
    assert part.is_worth_cleaning(replace(CONFIG, min_cleanable_dirty_ratio=0.49))


def test_what_is_not_committed_is_left_alone_with_its_whole_segment() -> None:
    part = cleanable_range(log(FOUR, last_stable_offset=25), None, NOW_MS)
    assert offsets(part) == (0, 20)
    assert part.cleanable_bytes == 200


def test_a_log_that_began_in_the_middle_is_dirty_from_its_start() -> None:
    part = cleanable_range(log(FOUR, log_start_offset=15), None, NOW_MS)
    assert offsets(part) == (15, 30)
    assert part.cleanable_bytes == 200


@pytest.mark.parametrize(("checkpoint", "reason"), [(5, "below the log's start"), (41, "beyond the log's end")])
def test_an_invalid_checkpoint_is_set_aside(checkpoint: int, reason: str) -> None:
    part = cleanable_range(log(FOUR, log_start_offset=10), checkpoint, NOW_MS)
    assert part.first_dirty_offset == 10
    assert part.invalid_checkpoint is not None
    assert reason in part.invalid_checkpoint


def test_a_checkpoint_at_the_logs_end_is_valid() -> None:
    part = cleanable_range(log(FOUR), 40, NOW_MS)
    assert part.invalid_checkpoint is None
    assert part.cleanable_bytes == 0


def test_young_records_are_not_compacted() -> None:
    segments = [segment(0, last_ms=NOW_MS - 2 * HOUR_MS), segment(10, last_ms=NOW_MS - HOUR_MS + 1), *FOUR[2:]]
    config = replace(CONFIG, min_compaction_lag_ms=HOUR_MS)
    part = cleanable_range(log(segments, config=config), None, NOW_MS)
    assert offsets(part) == (0, 10)
    assert cleanable_range(log(segments, config=config), None, NOW_MS + HOUR_MS + 1).first_uncleanable_offset == 30


def test_old_records_are_compacted_whatever_the_ratio() -> None:
    segments = [segment(0), segment(10, 1, first_ms=NOW_MS - 3 * HOUR_MS), segment(20)]
    config = replace(CONFIG, max_compaction_lag_ms=2 * HOUR_MS, min_cleanable_dirty_ratio=0.9)
    part = cleanable_range(log(segments, config=config), 10, NOW_MS)
    assert part.compaction_delay_ms == HOUR_MS
    assert part.is_worth_cleaning(config)
    assert cleanable_range(log(segments, config=config), 10, NOW_MS - HOUR_MS).compaction_delay_ms == 0


def test_segments_without_a_timestamp_do_not_hurry() -> None:
    segments = [segment(0, first_ms=-1), segment(10)]
    config = replace(CONFIG, max_compaction_lag_ms=1)
    assert cleanable_range(log(segments, config=config), None, NOW_MS).compaction_delay_ms == 0


# Groups


def facts(*sizes: int, step: int = 10) -> list[SegmentFacts]:
    return [SegmentFacts(place * step, size, size // 10, size // 10) for place, size in enumerate(sizes)]


def bases(groups: list[list[SegmentFacts]]) -> list[list[int]]:
    return [[member.base_offset for member in group] for group in groups]


def grouped(segments: list[SegmentFacts], *, segment_bytes: int = 1000, index_bytes: int = 1000) -> list[list[int]]:
    end = segments[-1].base_offset + 10
    return bases(
        group_segments(segments, segment_bytes=segment_bytes, index_bytes=index_bytes, first_uncleanable_offset=end)
    )


def test_neighbours_become_one_as_long_as_they_fit() -> None:
    assert grouped(facts(400, 600, 1, 999, 1000)) == [[0, 10], [20, 30], [40]]


def test_a_segment_that_is_too_big_by_itself_stays_alone() -> None:
    assert grouped(facts(5000, 1, 1)) == [[0], [10, 20]]


def test_the_indexes_have_to_fit_too() -> None:
    assert grouped(facts(100, 100, 100), index_bytes=20) == [[0, 10], [20]]


def test_offsets_have_to_fit_into_31_bits() -> None:
    far = [SegmentFacts(0, 1, 0, 0), SegmentFacts(2**31 - 5, 1, 0, 0), SegmentFacts(2**31 + 5, 1, 0, 0)]
    assert grouped(far) == [[0], [2**31 - 5, 2**31 + 5]]
    near = [SegmentFacts(0, 1, 0, 0), SegmentFacts(2**31 - 10, 1, 0, 0)]
    assert grouped(near) == [[0, 2**31 - 10]]


def test_an_empty_segment_joins_however_far_it_is() -> None:
    assert grouped([SegmentFacts(0, 1, 0, 0), SegmentFacts(2**33, 0, 0, 0)]) == [[0, 2**33]]
