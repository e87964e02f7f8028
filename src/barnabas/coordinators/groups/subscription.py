"""Which topics a member of a consumer group asked for.

The metadata of the protocol type `consumer` is the ConsumerProtocolSubscription of Kafka's clients: an int16 version,
then in every version an array of topic names; whatever follows is the assignor's own. The coordinator looks inside only
to keep the offsets of subscribed topics (KIP-211, KIP-496).
"""

import struct

CONSUMER_PROTOCOL_TYPE = "consumer"

_HEAD = struct.Struct(">hi")
_LENGTH = struct.Struct(">h")


def subscribed_topics(metadata: bytes) -> set[str] | None:
    """The topics of a subscription, or None when the bytes aren't one."""
    try:
        _version, count = _HEAD.unpack_from(metadata)
        position = _HEAD.size
        topics = set()
        for _ in range(count):
            (length,) = _LENGTH.unpack_from(metadata, position)
            position += _LENGTH.size
            end = position + length
            if length < 0 or end > len(metadata):
                return None
            topics.add(metadata[position:end].decode("utf-8"))
            position = end
    except (struct.error, UnicodeDecodeError):
        return None
    return topics
