"""Why a data directory that another broker wrote can't be taken over."""

from barnabas.storage import DirectoryError


class CannotAdopt(DirectoryError):
    """One line that names the file or topic, for who starts the broker. Nothing in the directory has been changed."""
