"""Whatever a producer sends, a topic with another codec stores the same records in its own."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from barnabas.protocol.records import Compression, NewRecord, build_batch, read_header, read_records, validate_batch
from barnabas.protocol.records.compression import compress, decompress
from barnabas.protocol.records.walking import find_keyless, read_timestamp_deltas
from barnabas.storage import LogConfig
from barnabas.storage.recompression import must_recompress, recompress, records_of

CODECS = ("uncompressed", "gzip", "snappy", "lz4", "zstd")
TIMES = st.integers(min_value=-1, max_value=2**53)
RECORDS = st.lists(
    st.builds(
        NewRecord,
        key=st.none() | st.binary(max_size=300),
        value=st.none() | st.binary(max_size=2000),
        timestamp_ms=TIMES,
        headers=st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=9)), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=80,
)
LEVELS = st.fixed_dictionaries(
    {
        "compression_gzip_level": st.sampled_from([-1, *range(1, 10)]),
        "compression_lz4_level": st.integers(1, 17),
        "compression_zstd_level": st.integers(-7, 12),
    }
)


@given(RECORDS, st.sampled_from(list(Compression)), st.sampled_from(CODECS), LEVELS)
def test_records_survive_every_pair_of_codecs(
    records: list[NewRecord], sent_in: Compression, stored_in: str, levels: dict[str, Any]
) -> None:
    config = replace(LogConfig(compression_type=stored_in), **levels)
    sent = build_batch(records, compression=sent_in, producer_id=4, producer_epoch=1, base_sequence=9)
    header = read_header(sent)
    if not must_recompress(header, config):
        assert sent_in == config.target_compression
        return
    stored = recompress(sent, header, records_of(sent, header), config)
    assert read_header(stored) == header
    validate_batch(stored, 0, header)
    assert header.compression == config.target_compression
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (4, 1, 9)
    assert read_records(stored) == read_records(sent)


@given(RECORDS)
def test_walking_finds_what_reading_finds(records: list[NewRecord]) -> None:
    batch = build_batch(records)
    data = bytes(batch[61:])
    read = read_records(batch)
    assert find_keyless(data, len(records)) == [index for index, record in enumerate(read) if record.key is None]
    base_ms = read_header(batch).base_timestamp
    assert [base_ms + delta for delta in read_timestamp_deltas(data, len(records))] == [
        record.timestamp_ms for record in read
    ]


@given(st.binary(max_size=200_000), st.integers(1, 17))
def test_lz4_of_every_level_is_lz4(data: bytes, level: int) -> None:
    assert decompress(compress(data, Compression.LZ4, level), Compression.LZ4) == data
