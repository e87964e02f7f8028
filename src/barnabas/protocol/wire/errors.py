"""What is raised when bytes do not follow the protocol: always the peer's fault, never ours."""


class MalformedMessage(Exception):
    """Received bytes are no such message; the text names the message, its version, the field and the offset."""


class Refused(Exception):
    """Raised inside the reading of a message, where its name and version are not known; never leaves this room."""
