"""Every codec is read in the forms clients write, within bounds."""

import struct

import cramjam
import pytest

from barnabas.protocol.records import Compression, InvalidBatch, NewRecord, build_batch, read_records
from barnabas.protocol.records.compression import compress, decompress

CODECS = [codec for codec in Compression if codec is not Compression.NONE]
TEXT = b"The messenger Barnabas came through the snow. " * 5_000


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("data", [b"", b"a", bytes(32 * 1024), bytes(range(256)) * 600, TEXT], ids=len)
def test_round_trip(codec: Compression, data: bytes) -> None:
    assert decompress(compress(data, codec), codec) == data


@pytest.mark.parametrize("codec", CODECS)
def test_output_is_bounded(codec: Compression) -> None:
    bomb = compress(bytes(1_000_001), codec)
    assert len(decompress(bomb, codec, 1_000_001)) == 1_000_001
    with pytest.raises(InvalidBatch):
        decompress(bomb, codec, 1_000_000)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("kept", [1, 10, 19, 50, -1])
def test_cut_off_data_is_refused(codec: Compression, kept: int) -> None:
    with pytest.raises(InvalidBatch):
        decompress(compress(TEXT, codec)[:kept], codec)


@pytest.mark.parametrize("codec", CODECS)
def test_a_compressed_batch_that_holds_too_few_bytes_for_its_count_is_refused(codec: Compression) -> None:
    batch = build_batch([NewRecord(None, b"", 0)] * 3, compression=codec)
    struct.pack_into(">i", batch, 57, 2_000_000_000)
    with pytest.raises(InvalidBatch, match="cannot stand"):
        read_records(batch)


def test_snappy_is_read_raw_as_librdkafka_sends_it() -> None:
    assert decompress(bytes(cramjam.snappy.compress_raw(TEXT)), Compression.SNAPPY) == TEXT


def test_snappy_is_written_in_xerial_blocks() -> None:
    framed = compress(TEXT, Compression.SNAPPY)
    assert framed[:16] == b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
    (size,) = struct.unpack_from(">i", framed, 16)
    assert bytes(cramjam.snappy.decompress_raw(framed[20 : 20 + size])) == TEXT[: 32 * 1024]


def test_a_snappy_block_that_announces_more_than_it_can_hold_is_refused_unopened() -> None:
    announcing = bytes.fromhex("ffffffff0f") + b"\x00a"
    with pytest.raises(InvalidBatch, match="announce"):
        decompress(announcing, Compression.SNAPPY, 2**40)


@pytest.mark.parametrize("size", [0, -1, 2**31 - 1, 100])
def test_a_xerial_block_length_that_cannot_be_true_is_refused(size: int) -> None:
    framed = compress(b"", Compression.SNAPPY) + struct.pack(">i", size) + b"abc"
    with pytest.raises(InvalidBatch):
        decompress(framed, Compression.SNAPPY)


def test_lz4_frames_have_independent_blocks_and_are_read_by_others() -> None:
    frame = compress(TEXT, Compression.LZ4)
    assert frame[:4] == bytes.fromhex("04224d18")
    assert frame[4] & 0x20, "the Java client refuses linked blocks"
    assert bytes(cramjam.lz4.decompress(frame)) == TEXT


def test_lz4_frames_of_others_are_read() -> None:
    assert decompress(bytes(cramjam.lz4.compress(TEXT)), Compression.LZ4) == TEXT
