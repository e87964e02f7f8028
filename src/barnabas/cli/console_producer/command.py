"""The flags of `kafka-console-producer` and what they mean to the client library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from barnabas.cli.client_properties import parse_pairs, read_properties_file
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.flags import bootstrap_server, kafka_tool, number, optional_text, require, switch, text, texts

LINE_READERS: Final = ("org.apache.kafka.tools.LineMessageReader", "kafka.tools.ConsoleProducer$LineMessageReader")
CODECS: Final = ("none", "gzip", "snappy", "lz4", "zstd")
DEFAULT_MAX_BLOCK_MS: Final = 60_000
# What Kafka's tool sets when neither a flag nor a property does, then what the Java client has and librdkafka does not.
DEFAULTS: Final = {
    "linger.ms": "1000",
    "acks": "-1",
    "request.timeout.ms": "1500",
    "retries": "3",
    "retry.backoff.ms": "100",
    "send.buffer.bytes": "102400",
    "buffer.memory": "33554432",
    "batch.size": "16384",
    "metadata.max.age.ms": "300000",
    "max.request.size": "1048576",
    "delivery.timeout.ms": "120000",
    "partitioner": "murmur2_random",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleProducerOptions:
    """The command line, checked."""

    bootstrap_server: str | None
    topic: str | None
    sync: bool
    compression_codec: str | None
    batch_size: int | None
    message_send_max_retries: int | None
    retry_backoff_ms: int | None
    timeout: int | None
    request_required_acks: str | None
    request_timeout_ms: int | None
    metadata_expiry_ms: int | None
    max_block_ms: int | None
    max_memory_bytes: int | None
    max_partition_memory_bytes: int | None
    socket_buffer_size: int | None
    line_reader: str | None
    properties: tuple[str, ...]
    reader_property: tuple[str, ...]
    reader_config: str | None
    producer_property: tuple[str, ...]
    command_property: tuple[str, ...]
    producer_config: str | None
    command_config: str | None

    def __post_init__(self) -> None:
        require(self, "topic")
        if self.line_reader is not None and self.line_reader not in LINE_READERS:
            raise InvalidUsage(f"--line-reader {self.line_reader}: only {LINE_READERS[0]} can be used without Java")
        if self.compression_codec and self.compression_codec not in CODECS:
            raise InvalidUsage(f"--compression-codec {self.compression_codec}: one of {', '.join(CODECS)} was expected")

    def reader_properties(self) -> dict[str, str]:
        properties = read_properties_file(self.reader_config, "reader-config") if self.reader_config else {}
        return {**properties, **parse_pairs((*self.properties, *self.reader_property))}

    def producer_properties(self) -> dict[str, str]:
        """Names and values as the Java client has them: flags first, then properties, then the file, then defaults."""
        properties = dict(DEFAULTS)
        if self.producer_config:
            properties |= read_properties_file(self.producer_config, "producer.config")
        if self.command_config:
            properties |= read_properties_file(self.command_config, "command-config")
        properties |= parse_pairs((*self.producer_property, *self.command_property))
        flags = {
            "linger.ms": self.timeout,
            "acks": self.request_required_acks,
            "request.timeout.ms": self.request_timeout_ms,
            "retries": self.message_send_max_retries,
            "retry.backoff.ms": self.retry_backoff_ms,
            "send.buffer.bytes": self.socket_buffer_size,
            "buffer.memory": self.max_memory_bytes,
            "batch.size": self.max_partition_memory_bytes or self.batch_size,
            "metadata.max.age.ms": self.metadata_expiry_ms,
        }
        if self.compression_codec is not None:
            flags["compression.type"] = self.compression_codec or "gzip"
        return properties | {name: str(value) for name, value in flags.items() if value is not None}

    @property
    def reach_timeout_seconds(self) -> float:
        return (DEFAULT_MAX_BLOCK_MS if self.max_block_ms is None else self.max_block_ms) / 1000


@kafka_tool("console-producer", "Read lines from standard input and write them to a topic.")
@bootstrap_server()
@text("topic", "TOPIC", "REQUIRED: The topic to write to.")
@switch("sync", "Send one record at a time, each after the one before was acknowledged.")
@optional_text("compression-codec", "CODEC", "none, gzip, snappy, lz4 or zstd; gzip without a value.")
@number("batch-size", "BYTES", "The size of a batch (batch.size). Default 16384.")
@number("message-send-max-retries", "NUMBER", "How often to try again (retries). Default 3.")
@number("retry-backoff-ms", "MS", "How long to wait before that (retry.backoff.ms). Default 100.")
@number("timeout", "MS", "How long a record may wait for others to share its batch (linger.ms). Default 1000.")
@text("request-required-acks", "ACKS", "The acknowledgements to wait for (acks). Default -1.")
@number("request-timeout-ms", "MS", "How long to wait for an acknowledgement. Default 1500.")
@number("metadata-expiry-ms", "MS", "How often to refresh metadata (metadata.max.age.ms). Default 300000.")
@number("max-block-ms", "MS", "How long to wait until a broker is reached. Default 60000.")
@number("max-memory-bytes", "BYTES", "Memory for waiting records (buffer.memory). Default 33554432.")
@number("max-partition-memory-bytes", "BYTES", "The size of a batch; goes before --batch-size.")
@number("socket-buffer-size", "BYTES", "The socket's send buffer (send.buffer.bytes). Default 102400.")
@text("line-reader", "CLASS", "The reader of lines; only Kafka's own default.")
@texts(
    "property", "NAME=VALUE", "A property of the line reader: parse.key, key.separator, parse.headers, null.marker, ..."
)
@texts("reader-property", "NAME=VALUE", "The same.")
@text("reader-config", "FILE", "Properties of the line reader.")
@texts("producer-property", "NAME=VALUE", "A property of the producer.")
@texts("command-property", "NAME=VALUE", "The same.")
@text("producer.config", "FILE", "Properties of the producer.")
@text("command-config", "FILE", "The same.")
def COMMAND(**parameters: Any) -> int:  # noqa: N802
    from barnabas.cli.console_producer.sending import run

    return run(ConsoleProducerOptions(**parameters))
