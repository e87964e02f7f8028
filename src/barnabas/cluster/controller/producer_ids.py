"""Producer IDs are handed out in blocks, so that a broker asks for more only once in a thousand times (KIP-730)."""

from typing import Final

from barnabas.cluster.coordination.znodes import ProducerIdBlock
from barnabas.foundation.errors import ErrorCode, KafkaError

BLOCK_SIZE: Final = 1000
MAX_PRODUCER_ID: Final = 2**63 - 1


def next_block(last: ProducerIdBlock | None, broker_id: int) -> ProducerIdBlock:
    """The block after the one that was last handed out."""
    first = 0 if last is None else last.last + 1
    if first > MAX_PRODUCER_ID - BLOCK_SIZE:
        text = "Have exhausted all producerIds as the next block's end producerId has exceeded the int64 type limit"
        raise KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, text)
    return ProducerIdBlock(broker_id, first, first + BLOCK_SIZE - 1)
