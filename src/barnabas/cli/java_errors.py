"""Error codes as the Java client's exceptions print themselves, where Kafka's tools show them so."""

from __future__ import annotations

from typing import Final

from barnabas.foundation.errors import ErrorCode

PACKAGE: Final = "org.apache.kafka.common.errors."

# Those that answers about topics, partitions and log directories bear.
EXCEPTIONS: Final[dict[int, tuple[str, str]]] = {
    ErrorCode.UNKNOWN_SERVER_ERROR: (
        "UnknownServerException",
        "The server experienced an unexpected error when processing the request.",
    ),
    ErrorCode.OFFSET_OUT_OF_RANGE: (
        "OffsetOutOfRangeException",
        "The requested offset is not within the range of offsets maintained by the server.",
    ),
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: (
        "UnknownTopicOrPartitionException",
        "This server does not host this topic-partition.",
    ),
    ErrorCode.LEADER_NOT_AVAILABLE: (
        "LeaderNotAvailableException",
        "There is no leader for this topic-partition as we are in the middle of a leadership election.",
    ),
    ErrorCode.NOT_LEADER_OR_FOLLOWER: (
        "NotLeaderOrFollowerException",
        (
            "For requests intended only for the leader, this error indicates that the broker is not the current "
            "leader. For requests intended for any replica, this error indicates that the broker is not a replica of "
            "the topic partition."
        ),
    ),
    ErrorCode.REQUEST_TIMED_OUT: ("TimeoutException", "The request timed out."),
    ErrorCode.INVALID_TOPIC_EXCEPTION: (
        "InvalidTopicException",
        "The request attempted to perform an operation on an invalid topic.",
    ),
    ErrorCode.TOPIC_AUTHORIZATION_FAILED: ("TopicAuthorizationException", "Topic authorization failed."),
    ErrorCode.CLUSTER_AUTHORIZATION_FAILED: ("ClusterAuthorizationException", "Cluster authorization failed."),
    ErrorCode.POLICY_VIOLATION: (
        "PolicyViolationException",
        "Request parameters do not satisfy the configured policy.",
    ),
    ErrorCode.KAFKA_STORAGE_ERROR: (
        "KafkaStorageException",
        "Disk error when trying to access log file on the disk.",
    ),
}


def exception_class(code: int) -> str:
    """The full name of the exception; for other codes than the above, the general one."""
    name, _ = EXCEPTIONS.get(code, EXCEPTIONS[ErrorCode.UNKNOWN_SERVER_ERROR])
    return PACKAGE + name


def exception_text(code: int, otherwise: str = "") -> str:
    """Class and message, as Java prints a cause; for a code that is not above, what is said `otherwise`."""
    if code in EXCEPTIONS or not otherwise:
        return f"{exception_class(code)}: {EXCEPTIONS.get(code, EXCEPTIONS[ErrorCode.UNKNOWN_SERVER_ERROR])[1]}"
    return otherwise
