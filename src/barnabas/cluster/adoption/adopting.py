"""Taking over a data directory that another broker wrote, once, when our coordination tree has never been used.

Two steps, because the first has to come before any log is opened and the second needs the tree: `plan_adoption` reads
and decides, `make_known` writes. The writes are one `multi`: after a crash the directory is known, or as it was.
"""

import logging
import uuid
from collections.abc import Callable, Sequence

from barnabas.cluster.adoption.decisions import Adoption, ConfigValidator, adopt
from barnabas.cluster.adoption.errors import CannotAdopt
from barnabas.cluster.adoption.survey import survey
from barnabas.cluster.controller.startup import prepare_tree
from barnabas.cluster.coordination import CoordinationTree
from barnabas.storage import FileSystem

log = logging.getLogger(__name__)


def plan_adoption(
    filesystem: FileSystem,
    directories: Sequence[str],
    *,
    node_id: int,
    metadata_directory: str | None,
    validate_config: ConfigValidator,
    new_topic_id: Callable[[], uuid.UUID],
) -> Adoption:
    """Read what is there and decide; changes nothing, and belongs in a thread. Raises CannotAdopt."""
    found = survey(filesystem, directories, node_id=node_id, metadata_directory=metadata_directory)
    try:
        return adopt(found, validate_config, new_topic_id)
    except CannotAdopt as error:
        raise CannotAdopt(f"{', '.join(directories)}: {error}") from error


async def make_known(tree: CoordinationTree, adoption: Adoption, directories: Sequence[str]) -> None:
    """Write the topics into the tree, and tell whoever starts the broker."""
    if not adoption.operations:
        return
    await prepare_tree(tree)
    await tree.multi(adoption.operations)
    where = ", ".join(directories)
    log.warning("Took over %d topics that another broker left in %s", adoption.topic_count, where)
    for line in adoption.warnings:
        log.warning("%s", line)
