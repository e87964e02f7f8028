"""InitProducerId: hand out the ID and epoch of an idempotent or transactional producer.

Version 3 lets a producer bump its own epoch (KIP-360). Version 6 is not stable in Kafka and not spoken here.
"""

from typing import Final

from barnabas.protocol.wire import Api, Int16, Int32, Int64, field, struct


@struct
class InitProducerIdRequest:
    """A producer that wants an ID or a new epoch."""

    transactional_id: str | None = ""
    transaction_timeout_ms: Int32 = 0
    producer_id: Int64 = field(default=-1, versions="3+")
    producer_epoch: Int16 = field(default=-1, versions="3+")


@struct
class InitProducerIdResponse:
    """The producer ID and epoch."""

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
    producer_id: Int64 = -1
    producer_epoch: Int16 = 0


INIT_PRODUCER_ID: Final = Api(22, InitProducerIdRequest, InitProducerIdResponse, versions="0-5", flexible="2+")
