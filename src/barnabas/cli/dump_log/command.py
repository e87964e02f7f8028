"""`barnabas dump-log`, also installed as `kafka-dump-log`: print the files of a log and check its indexes, offline."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from barnabas.cli.dump_log.decoders import DEFAULT_DECODER, BytesDecoder, RecordDecoder, find_byte_decoder
from barnabas.cli.dump_log.entries import Entry
from barnabas.cli.dump_log.findings import Findings
from barnabas.cli.dump_log.index_files import IndexChecks
from barnabas.cli.dump_log.log_dump import LogView, UnknownFile, dump_file
from barnabas.cli.dump_log.log_file import MAX_POSITION
from barnabas.cli.dump_log.state_files import CorruptSnapshot
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.flags import as_json, kafka_tool, number, optional_text, switch, text

DEFAULT_MAX_MESSAGE_BYTES: Final = 5 * 1024 * 1024
_SEPARATORS: Final = re.compile(r"[\\/]+" if os.sep == "\\" else "/+")


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpLogOptions:
    """The command line, checked."""

    files: str | None
    print_data_log: bool = False
    deep_iteration: bool = False
    skip_record_metadata: bool = False
    verify_index_only: bool = False
    index_sanity_check: bool = False
    max_message_size: int | None = None
    max_bytes: int | None = None
    key_decoder_class: str | None = None
    value_decoder_class: str | None = None
    offsets_decoder: bool = False
    transaction_log_decoder: bool = False
    cluster_metadata_decoder: bool = False
    remote_log_metadata_decoder: bool = False
    share_group_state_decoder: bool = False
    json: bool = False

    def __post_init__(self) -> None:
        if self.files is None:
            raise InvalidUsage('Missing required argument "[files]"')
        for flag, value in (("max-bytes", self.max_bytes), ("max-message-size", self.max_message_size)):
            if value is not None and not 0 <= value <= MAX_POSITION:
                raise InvalidUsage(f"--{flag} {value}: a number of bytes from 0 to {MAX_POSITION} was expected")

    @property
    def paths(self) -> list[str]:
        """The files, as Java's File writes their names."""
        paths = (self.files or "").split(",")
        while len(paths) > 1 and not paths[-1]:
            paths.pop()
        return [_java_path(path) for path in paths]

    def checks(self) -> IndexChecks:
        return IndexChecks(
            sanity_only=self.index_sanity_check,
            verify_only=self.verify_index_only,
            max_message_bytes=DEFAULT_MAX_MESSAGE_BYTES if self.max_message_size is None else self.max_message_size,
        )

    def view(self) -> LogView:
        decoder = self._topic_decoder()
        prints = self.print_data_log or (self.key_decoder_class, self.value_decoder_class) != (None, None)
        if decoder is None and prints:
            decoder = BytesDecoder(
                find_byte_decoder(self.key_decoder_class or DEFAULT_DECODER, "key-decoder-class"),
                find_byte_decoder(self.value_decoder_class or DEFAULT_DECODER, "value-decoder-class"),
            )
        return LogView(
            deep=self.deep_iteration or decoder is not None,
            decoder=decoder,
            show_record_metadata=not self.skip_record_metadata,
            max_bytes=MAX_POSITION if self.max_bytes is None else self.max_bytes,
        )

    def _topic_decoder(self) -> RecordDecoder | None:
        """Of several, Kafka takes the first in this order."""
        if self.offsets_decoder or self.transaction_log_decoder:
            from barnabas.cli.dump_log import coordinator_records as coordinators

            types = coordinators.GROUP_RECORDS if self.offsets_decoder else coordinators.TRANSACTION_RECORDS
            return coordinators.CoordinatorDecoder(types)
        if self.cluster_metadata_decoder:
            from barnabas.cli.dump_log.metadata_records import MetadataDecoder

            return MetadataDecoder()
        if self.remote_log_metadata_decoder:
            from barnabas.cli.dump_log.remote_log_metadata import RemoteLogDecoder

            return RemoteLogDecoder()
        if self.share_group_state_decoder:
            from barnabas.cli.dump_log.coordinator_records import SHARE_STATE_RECORDS, CoordinatorDecoder

            return CoordinatorDecoder(SHARE_STATE_RECORDS)
        return None


def _java_path(path: str) -> str:
    """A path as java.io.File normalizes it: no doubled separators, none at the end."""
    single = _SEPARATORS.sub(lambda _: os.sep, path)
    return single if len(single) == 1 else single.removesuffix(os.sep)


@kafka_tool("dump-log", "Print the files of a log and check its indexes.")
@text("files", "FILE,...", "REQUIRED: The data and index files, divided by commas.")
@switch("print-data-log", "Print keys and values too; set by every decoder option.")
@switch("deep-iteration", "Print records, not only batches; set by --print-data-log.")
@switch("skip-record-metadata", "Leave out each record's metadata.")
@switch("verify-index-only", "Check indexes without printing them.")
@switch("index-sanity-check", "Only make the check of indexes that a broker makes when it starts.")
@number("max-message-size", "BYTES", f"The greatest batch; default {DEFAULT_MAX_MESSAGE_BYTES}.")
@number("max-bytes", "BYTES", f"How much to read of each .log; default {MAX_POSITION}.")
@optional_text("key-decoder-class", "CLASS", f"How to read keys; default {DEFAULT_DECODER}.")
@optional_text("value-decoder-class", "CLASS", f"How to read values; default {DEFAULT_DECODER}.")
@switch("offsets-decoder", "Read records as those of __consumer_offsets.")
@switch("transaction-log-decoder", "Read records as those of __transaction_state.")
@switch("cluster-metadata-decoder", "Read records as those of __cluster_metadata.")
@switch("remote-log-metadata-decoder", "Read records as those of __remote_log_metadata.")
@switch("share-group-state-decoder", "Read records as those of __share_group_state.")
@as_json()
def COMMAND(**parameters: Any) -> None:  # noqa: N802
    run(DumpLogOptions(**parameters))


def run(options: DumpLogOptions) -> None:
    view, checks, findings = options.view(), options.checks(), Findings()
    try:
        for path in options.paths:
            if not options.json:
                _write(f"Dumping {path}")
            try:
                _show(path, dump_file(path, view, checks, findings), as_json=options.json)
            except UnknownFile:
                _complain(f"Ignoring unknown file {path}")
            except CorruptSnapshot as error:
                _complain(str(error))
        if options.json:
            for tree in findings.trees():
                _write(json.dumps(tree, ensure_ascii=False))
    finally:
        sys.stdout.buffer.flush()
    if not options.json:
        for line in findings.lines():
            _complain(line)


def _show(path: str, entries: Iterable[Entry], *, as_json: bool) -> None:
    for entry in entries:
        if as_json:
            _write(json.dumps({"file": path, "kind": entry.kind, **entry.tree()}, ensure_ascii=False))
        else:
            _write(entry.text())


def _write(line: str) -> None:
    """UTF-8 whatever the locale says: values are the log's bytes, not ours."""
    sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")


def _complain(line: str) -> None:
    sys.stdout.buffer.flush()
    print(line, file=sys.stderr)
