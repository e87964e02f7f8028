"""A run of whole batches inside a segment's file, lent to whoever sends them."""

from barnabas.storage.filesystem import File


class LogSlice:
    """Bytes of a log that stay where they are until they are sent.

    The slice keeps its file open: rolling, truncating the log's front or deleting it does not take the bytes away.
    """

    __slots__ = ("_file", "position", "size_bytes")

    def __init__(self, file: File, position: int, size_bytes: int) -> None:
        self._file = file
        self.position = position
        self.size_bytes = size_bytes

    def __len__(self) -> int:
        return self.size_bytes

    @property
    def file_descriptor(self) -> int:
        """For `os.sendfile`, together with `position` and `size_bytes`; -1 where the file has no descriptor."""
        return self._file.descriptor

    def read(self) -> bytes:
        """The bytes themselves, where they can't be sent from the file."""
        return self._file.read_at(self.position, self.size_bytes)

    def read_at(self, start: int, size: int) -> bytes:
        """A part of them, counted from the slice's own beginning."""
        return self._file.read_at(self.position + start, min(size, self.size_bytes - start))
