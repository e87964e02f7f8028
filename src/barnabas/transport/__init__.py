"""Sockets: listeners and connections; turns a byte stream into frames and back."""

from barnabas.transport.connection import Connection, FrameHandler, TransportLimits
from barnabas.transport.listener import AddressInUse, Listener
from barnabas.transport.outbox import FileSlice, OutgoingPart

__all__ = [
    "AddressInUse",
    "Connection",
    "FileSlice",
    "FrameHandler",
    "Listener",
    "OutgoingPart",
    "TransportLimits",
]
