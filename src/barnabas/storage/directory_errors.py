"""Why a data directory can't be opened, in words for whoever starts the broker."""


class DirectoryError(Exception):
    """A data directory that this broker can't use."""


class DirectoryInUse(DirectoryError):
    """Another broker has it open."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is in use by another broker (its file .lock is locked)")
        self.path = path


class DirectoryNotWritable(DirectoryError):
    """The system does not let us make, read or write files there."""

    def __init__(self, path: str, error: OSError) -> None:
        self.reason = error.strerror or str(error)
        super().__init__(f"{path} can't be written: {self.reason}")
        self.path = path


class DirectoryOfAnother(DirectoryError):
    """Its meta.properties names another broker or cluster."""

    def __init__(self, path: str, key: str, found: str, expected: str) -> None:
        super().__init__(f"{path} belongs to {key}={found} (meta.properties), but this broker has {key}={expected}")
        self.path = path


class UnreadableOwner(DirectoryError):
    """Its meta.properties can't be understood."""


class NoUsableDirectory(DirectoryError):
    """Not one of `log.dirs` can be used; says why of each."""

    def __init__(self, reasons: dict[str, str]) -> None:
        told = "; ".join(f"{path}: {reason}" for path, reason in reasons.items())
        super().__init__(f"None of the log.dirs can be used: {told}")


class DuplicateLogs(DirectoryError):
    """One partition has a log in two of the directories; the text is Kafka's."""

    def __init__(self, name: str, first: str, second: str) -> None:
        super().__init__(
            f"Duplicate log directories for {name} are found in both {second}/{name} and {first}/{name}. It is "
            "likely because log directory failure happened while broker was replacing current replica with future "
            "replica. Recover broker from this failure by manually deleting one of the two directories for this "
            "partition. It is recommended to delete the partition in the log directory that is known to have failed "
            "recently."
        )


class DuplicateDirectoryId(DirectoryError):
    """Two directories have the same directory.id: one is a copy of the other."""

    def __init__(self, first: str, second: str, directory_id: str) -> None:
        super().__init__(f"{first} and {second} have the same directory.id={directory_id} in their meta.properties")
