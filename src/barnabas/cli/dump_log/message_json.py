"""A message as Kafka's generated JsonConverter writes it.

Fields in the order of their declaration, named in camel case; those that the version lacks are left out, and so are
tagged fields with their default. Bytes are base64, IDs are in Kafka's text form.
"""

from __future__ import annotations

import base64
import re
import uuid
from typing import Any

from barnabas.foundation.identifiers import uuid_to_text
from barnabas.protocol.wire.schema import FieldSchema, schema_of


def message_json(message: Any, version: int) -> dict[str, Any]:
    """The tree of a message in this version."""
    return {
        _camel_case(declared.name): _value(getattr(message, declared.name), version)
        for declared in schema_of(type(message))
        if declared.is_in(version) and not _is_left_out(declared, message, version)
    }


def _is_left_out(declared: FieldSchema, message: Any, version: int) -> bool:
    if not declared.is_tagged(version) or declared.default is None:
        return False
    return bool(getattr(message, declared.name) == declared.default())


def _value(value: Any, version: int) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case uuid.UUID():
            return uuid_to_text(value)
        case list():
            return [_value(element, version) for element in value]
    return message_json(value, version)


def _camel_case(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
