"""`kafka-consumer-groups`: tables as Apache Kafka 4.1.1 printed them, plans, times and scopes."""

from __future__ import annotations

import pytest

from barnabas.cli.consumer_groups.deleting import NO_PARTITION, headline, status_table
from barnabas.cli.consumer_groups.layout import (
    MemberRow,
    OffsetRow,
    StateRow,
    assignment_text,
    members_table,
    offsets_table,
    state_table,
)
from barnabas.cli.consumer_groups.listing import Listed, table
from barnabas.cli.consumer_groups.moments import parse_datetime, parse_duration
from barnabas.cli.consumer_groups.reset_plan import from_csv, to_csv
from barnabas.cli.consumer_groups.reset_plan import table as plan_table
from barnabas.cli.consumer_groups.scope import parse_topic_argument
from barnabas.cli.consumer_groups.states import parse_states, parse_types
from barnabas.cli.failures import InvalidUsage
from barnabas.cli.librdkafka import CallFailed
from barnabas.foundation.identifiers import TopicPartition

ORDERS = [TopicPartition("orders", number) for number in range(3)]
CONSUMER = "console-consumer-fd83207a-4b54-4e24-8b18-c7f76c93894f"
HOST = "/127.0.0.1"


def test_offsets_of_a_group_that_is_read() -> None:
    row = OffsetRow(
        group="g1",
        partition=ORDERS[0],
        leader_epoch=0,
        current_offset=20,
        log_end_offset=24,
        consumer_id=CONSUMER,
        host=HOST,
        client_id="console-consumer",
    )
    assert offsets_table([row], verbose=False) == [
        (
            "GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID"
            "                                           HOST            CLIENT-ID"
        ),
        (
            "g1              orders          0          20              24              4               "
            f"{CONSUMER} /127.0.0.1      console-consumer"
        ),
    ]
    assert offsets_table([row], verbose=True)[1].startswith(
        "g1              orders          0          0               20              24              4"
    )


def test_offsets_nobody_reads_or_nobody_committed() -> None:
    rows = [
        OffsetRow(group="g2", partition=ORDERS[0], current_offset=24, log_end_offset=24),
        OffsetRow(group="g2", partition=ORDERS[1], log_end_offset=26),
    ]
    assert offsets_table(rows, verbose=False)[1:] == [
        (
            "g2              orders          0          24              24              0               -    "
            "           -               -"
        ),
        (
            "g2              orders          1          -               26              -               -    "
            "           -               -"
        ),
    ]


def test_members() -> None:
    row = MemberRow(
        group="g1",
        consumer_id=CONSUMER,
        group_instance_id="",
        host=HOST,
        client_id="console-consumer",
        assignment=tuple(ORDERS),
    )
    assert members_table([row], verbose=False) == [
        (
            "GROUP           CONSUMER-ID                                           HOST            CLIENT-ID        "
            "#PARTITIONS     "
        ),
        f"g1              {CONSUMER} /127.0.0.1      console-consumer 3               ",
    ]
    assert [line[103:] for line in members_table([row], verbose=True)] == [
        "#PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT   ",
        "3               -               orders:0,1,2         -               -                   ",
    ]


def test_static_members_show_their_instance() -> None:
    row = MemberRow(group="g", consumer_id="c", group_instance_id="inst-1", host="/h", client_id="i", assignment=())
    header, line = members_table([row], verbose=False)
    assert header.split() == ["GROUP", "CONSUMER-ID", "GROUP-INSTANCE-ID", "HOST", "CLIENT-ID", "#PARTITIONS"]
    assert line.split() == ["g", "c", "inst-1", "/h", "i", "0"]
    assert header.index("HOST") - header.index("GROUP-INSTANCE-ID") == 18


def test_no_members_leave_the_header() -> None:
    assert members_table([], verbose=False) == [
        "GROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     "
    ]


def test_assignments_by_topic() -> None:
    partitions = [TopicPartition("b", 10), TopicPartition("b", 9), TopicPartition("a", 0)]
    assert assignment_text(partitions) == "a:0;b:9,10"


def test_states() -> None:
    row = StateRow(
        group="g1", coordinator="127.0.0.1:19092  (1)", assignment_strategy="range", state="Stable", members=1
    )
    assert state_table(row, verbose=False) == [
        "GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS",
        "g1              127.0.0.1:19092  (1)      range                Stable               1",
    ]
    assert state_table(row, verbose=True) == [
        (
            "GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                GROUP-EPOCH     "
            "TARGET-ASSIGNMENT-EPOCH   #MEMBERS"
        ),
        (
            "g1              127.0.0.1:19092  (1)      range                Stable               -               "
            "-                         1"
        ),
    ]


def test_the_list() -> None:
    groups = [Listed("g1", "Classic", "Stable")]
    assert table(groups, with_type=True, with_state=True) == [
        "GROUP                     TYPE                 STATE               ",
        "g1                        Classic              Stable              ",
    ]
    long_name = "a-group-of-more-than-fifteen-letters"
    assert table([Listed(long_name, "Classic", "Empty")], with_type=False, with_state=True)[1] == (
        long_name + " " * 11 + "Empty               "
    )


def test_chosen_states_and_types() -> None:
    assert parse_states("stable, EMPTY") == {"Stable", "Empty"}
    assert parse_types("") == set()
    with pytest.raises(InvalidUsage, match=r"Invalid types list 'x'\. Valid types are: Consumer, Classic"):
        parse_types("x")


def test_a_plan_as_table_and_csv() -> None:
    plan = {"g2": {ORDERS[0]: 0, ORDERS[1]: 26}}
    assert plan_table(plan) == (
        "\nGROUP                          TOPIC                          PARTITION  NEW-OFFSET     "
        "\ng2                             orders                         0          0              "
        "\ng2                             orders                         1          26             "
    )
    assert plan_table({}) == ""
    for groups in (("g2",), ("g1", "g2")):
        text = to_csv(plan, single_group=len(groups) == 1)
        assert from_csv(text, groups) == plan
    assert text == "g2,orders,0,0\ng2,orders,1,26\n"


def test_a_file_that_is_no_plan() -> None:
    with pytest.raises(InvalidUsage, match="line 2 is 'orders,x,3', expected topic,partition,offset"):
        from_csv("orders,0,3\norders,x,3\n", ("g",))


@pytest.mark.parametrize(
    ("argument", "milliseconds"),
    [
        ("1970-01-01T00:00:01.500", 1500),
        ("1970-01-01T02:00:00.000+02:00", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("2035-01-01T00:00:00.000", 2051222400000),
    ],
)
def test_datetimes(argument: str, milliseconds: int) -> None:
    assert parse_datetime(argument) == milliseconds


@pytest.mark.parametrize(
    ("argument", "milliseconds"),
    [("PT1H", 3_600_000), ("P1DT2M3.5S", 86_400_000 + 123_500), ("-PT1S", -1000), ("PT-1S", -1000), ("pt0s", 0)],
)
def test_durations(argument: str, milliseconds: int) -> None:
    assert parse_duration(argument) == milliseconds


@pytest.mark.parametrize("argument", ["", "P", "PT", "1H", "P1H", "P1Y", "PT1X"])
def test_what_is_no_duration(argument: str) -> None:
    with pytest.raises(InvalidUsage, match="a duration was expected"):
        parse_duration(argument)


@pytest.mark.parametrize("argument", ["2035-01-01", "soon", "2035-13-01T00:00:00"])
def test_what_is_no_datetime(argument: str) -> None:
    with pytest.raises(InvalidUsage, match="a time was expected"):
        parse_datetime(argument)


def test_topic_arguments() -> None:
    assert parse_topic_argument("orders:0,1") == ORDERS[:2]
    assert parse_topic_argument("orders") is None
    with pytest.raises(InvalidUsage, match="Invalid partition 'x' specified in topic arg 'orders:x''"):
        parse_topic_argument("orders:x")
    with pytest.raises(InvalidUsage, match="Invalid topic arg 'a:0:1', expected topic name and partitions"):
        parse_topic_argument("a:0:1")


def test_deleted_offsets() -> None:
    statuses = {ORDERS[1]: None, ORDERS[0]: None}
    assert headline("g3", None, list(statuses.values())) == "Request succeeded for deleting offsets from group g3."
    assert status_table(statuses) == [
        "",
        "TOPIC           PARTITION  STATUS         ",
        "orders          0          Successful     ",
        "orders          1          Successful     ",
    ]


def test_offsets_that_could_not_be_deleted() -> None:
    unknown_group = CallFailed(69, "")
    assert headline("nope", unknown_group, [unknown_group]) == "\nError: The group id does not exist."
    subscribed = CallFailed(86, "")
    assert headline("g", None, [None, subscribed]) == (
        "\nError: Encountered some partition-level error, see the follow-up details."
    )
    assert status_table({TopicPartition("nope", NO_PARTITION): CallFailed(3, "")})[2] == (
        "nope            -          Error: org.apache.kafka.common.errors.UnknownTopicOrPartitionException: "
        "This server does not host this topic-partition."
    )
