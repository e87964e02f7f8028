"""A start on a directory that another broker left: its topics become known before the first client comes.

Most starts find nothing of the kind. What reads foreign directories is loaded only where there is something to read.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from barnabas.cluster.controller import random_topic_id
from barnabas.cluster.controller.startup import is_unused
from barnabas.cluster.coordination import CoordinationTree
from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.config.alter import check_overrides
from barnabas.storage import SystemFileSystem

if TYPE_CHECKING:
    from barnabas.cluster.adoption import Adoption


class TakingOver:
    """Two steps: `plan` before a log is opened, as recovery cuts what it can't read; `apply` once there is a tree."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._settings = settings
        self._adoption: Adoption | None = None

    async def plan(self, tree_path: str) -> None:
        """Read and decide what to take over; nothing, where we have been before. Raises CannotAdopt."""
        self._adoption = await asyncio.to_thread(lambda: None if os.path.exists(tree_path) else self._plan())

    async def apply(self, tree: CoordinationTree, directories: list[str]) -> None:
        """Make the topics known, if the tree has never been used. Raises CannotAdopt."""
        if not await is_unused(tree):
            return
        adoption = self._adoption or await asyncio.to_thread(self._plan)
        if adoption is not None:
            from barnabas.cluster.adoption import make_known

            await make_known(tree, adoption, directories)

    def _plan(self) -> Adoption | None:
        settings = self._settings
        if not any(map(_holds_something, filter(None, (*settings.log_directories, settings.metadata_log_dir)))):
            return None
        from barnabas.cluster.adoption import plan_adoption

        return plan_adoption(
            SystemFileSystem(),
            settings.log_directories,
            node_id=settings.node_id,
            metadata_directory=settings.metadata_log_dir,
            validate_config=lambda resource, values: check_overrides(resource.kind, resource.name, values, settings),
            new_topic_id=random_topic_id,
        )


def _holds_something(directory: str) -> bool:
    try:
        with os.scandir(directory) as entries:
            return next(entries, None) is not None
    except FileNotFoundError:
        return False
    except OSError:
        return True  # who reads it says what is wrong
