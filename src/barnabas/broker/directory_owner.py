"""Whose a data directory is: the broker ID that its `meta.properties` names.

A broker that is told no ID takes this one, as Kafka does (`broker.id=-1`), so that a directory of any broker can be
opened without a configuration file.
"""

import os

from barnabas.foundation.config import BrokerSettings, Properties
from barnabas.storage.checkpoints import META_PROPERTIES_FILE, CorruptCheckpoint, parse_meta_properties


def named_by_its_directory(properties: Properties, settings: BrokerSettings) -> Properties:
    """The properties with the ID that the data directory names, where they say none themselves."""
    if "node.id" in properties or int(properties.get("broker.id", "-1")) >= 0:
        return properties
    for directory in settings.log_directories:
        path = os.path.join(directory, META_PROPERTIES_FILE)
        try:
            with open(path, "rb") as file:
                owner = parse_meta_properties(file.read(), path).node_id
        except (OSError, CorruptCheckpoint):
            continue  # reported when the directory is opened
        if owner is not None:
            return properties.overridden({"node.id": str(owner)}, path)
    return properties
