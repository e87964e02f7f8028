"""Which partition of an internal topic is responsible for a name, by Java's string hash as in Kafka."""


def partition_for(name: str, num_partitions: int) -> int:
    """`Utils.abs(name.hashCode()) % numPartitions` of Kafka."""
    code = java_string_hash(name)
    return (0 if code == -0x8000_0000 else abs(code)) % num_partitions


def java_string_hash(text: str) -> int:
    """`String.hashCode()`: over UTF-16 units, wrapping as an int32."""
    code = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for index in range(0, len(units), 2):
        code = (31 * code + (units[index] << 8 | units[index + 1])) & 0xFFFF_FFFF
    return code - 0x1_0000_0000 if code >= 0x8000_0000 else code
