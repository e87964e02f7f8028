"""Why a data directory can't be opened, in words for whoever starts the broker."""


class DirectoryError(Exception):
    """A data directory that this broker can't use."""


class DirectoryInUse(DirectoryError):
    """Another broker has it open."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is in use by another broker (its file .lock is locked)")
        self.path = path


class DirectoryNotWritable(DirectoryError):
    """The system does not let us make or write files there."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(f"{path} can't be written: {error.strerror or error}")
        self.path = path


class DirectoryOfAnother(DirectoryError):
    """Its meta.properties names another broker or cluster."""

    def __init__(self, path: str, key: str, found: str, expected: str) -> None:
        super().__init__(f"{path} belongs to {key}={found} (meta.properties), but this broker has {key}={expected}")
        self.path = path
