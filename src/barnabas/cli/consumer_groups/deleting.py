"""`kafka-consumer-groups --delete` and `--delete-offsets` (KIP-229, KIP-496)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from barnabas.cli.consumer_groups.describing import group_ids
from barnabas.cli.consumer_groups.scope import parse_topic_argument, partitions_of_topic
from barnabas.cli.failures import kafka_error
from barnabas.cli.hash_order import string_order
from barnabas.cli.librdkafka import CallFailed, native_admin
from barnabas.cli.output import padded, widest
from barnabas.foundation.errors import ErrorCode
from barnabas.foundation.identifiers import TopicPartition

if TYPE_CHECKING:
    from barnabas.cli.connection import Cluster
    from barnabas.cli.consumer_groups.command import GroupsOptions

# Kafka's tools print the Java exception of an error; these are the ones these two calls can meet.
JAVA_ERRORS: Final = {
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: (
        "UnknownTopicOrPartitionException",
        "This server does not host this topic-partition.",
    ),
    ErrorCode.COORDINATOR_NOT_AVAILABLE: ("CoordinatorNotAvailableException", "The coordinator is not available."),
    ErrorCode.INVALID_GROUP_ID: ("InvalidGroupIdException", "The group id is invalid."),
    ErrorCode.TOPIC_AUTHORIZATION_FAILED: ("TopicAuthorizationException", "Topic authorization failed."),
    ErrorCode.GROUP_AUTHORIZATION_FAILED: ("GroupAuthorizationException", "Group authorization failed."),
    ErrorCode.NON_EMPTY_GROUP: ("GroupNotEmptyException", "The group is not empty."),
    ErrorCode.GROUP_ID_NOT_FOUND: ("GroupIdNotFoundException", "The group id does not exist."),
    ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC: (
        "GroupSubscribedToTopicException",
        "Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it.",
    ),
}
GROUP_ERRORS: Final = {
    ErrorCode.INVALID_GROUP_ID,
    ErrorCode.GROUP_ID_NOT_FOUND,
    ErrorCode.GROUP_AUTHORIZATION_FAILED,
    ErrorCode.NON_EMPTY_GROUP,
}
PARTITION_ERRORS: Final = {
    ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
    ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
}
NO_PARTITION: Final = -1


def java_text(code: int, message: str) -> str:
    """An error as Java prints its exception."""
    if code in JAVA_ERRORS:
        name, text = JAVA_ERRORS[ErrorCode(code)]
        return f"org.apache.kafka.common.errors.{name}: {text}"
    return message


def delete_groups(cluster: Cluster, options: GroupsOptions) -> None:
    """Each group on its own: one that is still in use leaves the others to go."""
    from confluent_kafka import KafkaException

    groups = group_ids(cluster, options)
    failed: dict[str, str] = {}
    if groups:
        answers = cluster.admin.delete_consumer_groups(groups, request_timeout=cluster.timeout_seconds)
        for group, answer in answers.items():
            try:
                cluster.wait(answer)
            except KafkaException as exception:
                error = kafka_error(exception)
                failed[group] = java_text(error.code(), error.str())
    deleted = ", ".join(f"'{group}'" for group in string_order(groups) if group not in failed)
    if not failed:
        print(f"Deletion of requested consumer groups ({deleted}) was successful.")
        return
    print("\nError: Deletion of some consumer groups failed:")
    for group in string_order(failed):
        print(f"* Group '{group}' could not be deleted due to: {failed[group]}")
    if deleted:
        print(f"\nThese consumer groups were deleted successfully: {deleted}")


def delete_offsets(cluster: Cluster, options: GroupsOptions) -> None:
    group = options.group[0]
    statuses: dict[TopicPartition, CallFailed | None] = {}
    wanted: list[TopicPartition] = []
    for argument in options.topic:
        explicit = parse_topic_argument(argument)
        partitions = explicit if explicit is not None else partitions_of_topic(cluster, argument)
        wanted += partitions
        if not partitions:
            statuses[TopicPartition(argument, NO_PARTITION)] = CallFailed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "")
    refusal: CallFailed | None = None
    if wanted:
        with native_admin(cluster.settings, cluster.timeout_seconds) as admin:
            try:
                statuses |= admin.delete_group_offsets(group, wanted)
            except CallFailed as failure:
                refusal = failure
                statuses |= dict.fromkeys(wanted, failure)
    print(headline(group, refusal, [statuses[partition] for partition in wanted]))
    for line in status_table(statuses):
        print(line)


def headline(group: str, refusal: CallFailed | None, statuses: list[CallFailed | None]) -> str:
    failure = refusal or next((status for status in statuses if status is not None), None)
    if failure is None:
        return f"Request succeeded for deleting offsets from group {group}."
    if failure.code in GROUP_ERRORS:
        return f"\nError: {JAVA_ERRORS[ErrorCode(failure.code)][1]}"
    if failure.code in PARTITION_ERRORS:
        return "\nError: Encountered some partition-level error, see the follow-up details."
    return f"\nError: Encountered some unknown error: {failure.message}"


def status_table(statuses: Mapping[TopicPartition, CallFailed | None]) -> list[str]:
    rows = [
        [
            partition.topic,
            str(partition.partition) if partition.partition >= 0 else "-",
            "Successful" if status is None else f"Error: {java_text(status.code, status.message)}",
        ]
        for partition, status in sorted(statuses.items(), key=lambda entry: f"{entry[0].topic}{entry[0].partition}")
    ]
    widths = [widest(15, [row[0] for row in rows]), 10, 15]
    return ["", *(padded(row, widths) for row in [["TOPIC", "PARTITION", "STATUS"], *rows])]
