"""One partition's log on one disk, in Kafka's files: segments, indexes, recovery, retention, producer state."""

from barnabas.storage.checkpoints import CorruptCheckpoint, MetaProperties
from barnabas.storage.directory_errors import DirectoryError, DirectoryInUse, DirectoryNotWritable, DirectoryOfAnother
from barnabas.storage.directory_loading import Progress, Recovery
from barnabas.storage.filesystem import FileSystem
from barnabas.storage.log_config import NEVER, LogConfig
from barnabas.storage.log_directories import LogDirectories
from barnabas.storage.log_directory import LogDirectory
from barnabas.storage.log_slice import LogSlice
from barnabas.storage.page_cache import NotInPageCache
from barnabas.storage.partition_log import PartitionLog
from barnabas.storage.record_checks import RecordsRefused
from barnabas.storage.system_filesystem import SystemFileSystem
from barnabas.storage.timestamps import FoundOffset
from barnabas.storage.transaction_index import AbortedTransaction
from barnabas.storage.validation import (
    AppendInfo,
    AppendOrigin,
    CheckedBatch,
    NoBatch,
    NotOneBatch,
    TakesLong,
    check_batch,
)

__all__ = [
    "NEVER",
    "AbortedTransaction",
    "AppendInfo",
    "AppendOrigin",
    "CheckedBatch",
    "CorruptCheckpoint",
    "DirectoryError",
    "DirectoryInUse",
    "DirectoryNotWritable",
    "DirectoryOfAnother",
    "FileSystem",
    "FoundOffset",
    "LogConfig",
    "LogDirectories",
    "LogDirectory",
    "LogSlice",
    "MetaProperties",
    "NoBatch",
    "NotInPageCache",
    "NotOneBatch",
    "PartitionLog",
    "Progress",
    "RecordsRefused",
    "Recovery",
    "SystemFileSystem",
    "TakesLong",
    "check_batch",
]
