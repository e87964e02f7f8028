"""The parts of a broker, put together, and the order in which they start and stop."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
import uuid
from collections.abc import Callable
from typing import Final

from barnabas.broker.current_settings import CurrentSettings
from barnabas.broker.data_directories import (
    TREE_FILE,
    DiskWatch,
    log_chores,
    open_log_directories,
    require_tree_directory,
    tree_directory,
)
from barnabas.broker.dispatch import Dispatcher
from barnabas.broker.housekeeping import Housekeeping
from barnabas.broker.log_cleaning import make_log_cleaner
from barnabas.broker.offset_coordinators import OffsetCoordinators
from barnabas.broker.offsets_topic import OffsetsTopic
from barnabas.broker.recovery_progress import RecoveryProgress
from barnabas.broker.session import Session
from barnabas.broker.settings import (
    controller_settings,
    group_settings,
    transport_limits,
)
from barnabas.broker.taking_over import TakingOver
from barnabas.broker.topic_configs import TopicConfigs
from barnabas.broker.wiring import BrokerParts, make_dispatcher
from barnabas.cluster.controller import Controller
from barnabas.cluster.coordination import EmbeddedTree, TreeUnavailable
from barnabas.cluster.metadata import (
    GROUP_OFFSETS_TOPIC,
    BrokerRegistration,
    ClusterImage,
    ConfigKind,
    Endpoint,
    MetadataCache,
)
from barnabas.cluster.replication import Replicas
from barnabas.coordinators.group_coordinator import GroupCoordinator
from barnabas.foundation.clock import Clock
from barnabas.foundation.config import BrokerSettings
from barnabas.foundation.config.alter import check_overrides
from barnabas.foundation.errors import KafkaError
from barnabas.storage import DirectoryError, LogDirectories
from barnabas.transport import AddressInUse, Connection, Listener

log = logging.getLogger(__name__)

DRAIN_TIMEOUT_S: Final = 10.0
"""How long a stop waits for clients to take their answers."""


class CannotStart(Exception):
    """Why not, in one line that names the setting or path."""


class Broker:
    """One broker; `start` once, `stop` once (also after a start that failed)."""

    def __init__(self, settings: BrokerSettings, clock: Clock) -> None:
        self.settings = settings
        self.advertised: tuple[Endpoint, ...] = ()
        self._clock = clock
        self._sessions: set[Session] = set()
        self._listeners: list[tuple[str, Listener]] = []
        self._undo = contextlib.AsyncExitStack()
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Why the broker can't go on, once that is so: whoever runs it stops it then."""

    async def start(self) -> None:
        """Raises CannotStart; call `stop` then too."""
        try:
            await self._start()
        except (AddressInUse, DirectoryError, TreeUnavailable) as error:
            raise CannotStart(str(error)) from error
        except KafkaError as error:
            raise CannotStart(error.message or error.code.name) from error
        except OSError as error:
            raise CannotStart(f"{error.filename or self.settings.log_directories[0]}: {error.strerror}") from error

    async def stop(self) -> None:
        """Answer what is in flight, flush, and leave the data directory clean."""
        await self._undo.aclose()

    async def _start(self) -> None:
        settings = self.settings
        self._bind()
        tree_path = os.path.join(tree_directory(settings), TREE_FILE)
        taking_over = TakingOver(settings)
        await taking_over.plan(tree_path)
        logs, cluster_id = await self._open_logs()
        replicas: Replicas | None = None
        self._undo.push_async_callback(self._close_logs, logs, lambda: replicas)
        require_tree_directory(settings, logs)
        tree = await EmbeddedTree.open(tree_path)
        self._undo.push_async_callback(tree.close)
        await taking_over.apply(tree, [directory.path for directory in logs.directories])
        cache = MetadataCache(ClusterImage(cluster_id=cluster_id))
        current = CurrentSettings(settings, cache)
        configs = TopicConfigs(current)
        controller = Controller(
            tree,
            cache,
            controller_settings(settings),
            validate_config=lambda resource, values: check_overrides(resource.kind, resource.name, values, current()),
            clock=self._clock,
        )
        registration = BrokerRegistration(settings.node_id, 0, self.advertised, settings.broker_rack)
        replicas = Replicas(settings.node_id, logs, cache, configs.replica_settings, self._clock)
        await controller.start(registration, cluster_id, elect_anew=not logs.was_clean)
        await asyncio.to_thread(replicas.set_strays_aside)
        disks = DiskWatch(settings.node_id, logs, replicas, controller, self._fail)
        await disks.start()
        self._undo.push_async_callback(disks.stop)
        groups = GroupCoordinator(
            OffsetsTopic(replicas),
            group_settings(settings, cache.image.topics.get(GROUP_OFFSETS_TOPIC)),
            self._clock,
            lambda: str(uuid.uuid4()),
            topics=lambda: cache.image.topics,
            group_config=lambda group_id: cache.image.config(ConfigKind.GROUP, group_id),
        )
        coordinators = OffsetCoordinators(settings.node_id, groups, cache)
        self._undo.push_async_callback(coordinators.close)
        await coordinators.load_all()
        housekeeping = Housekeeping(log_chores(settings, logs, replicas)).start()
        self._undo.push_async_callback(housekeeping.stop)
        if settings.log_cleaner_enable:
            cleaner = make_log_cleaner(replicas, current, self._clock)
            self._undo.push_async_callback(asyncio.to_thread, cleaner.close)
            cleaner.start()
        parts = BrokerParts(settings, self._clock, cache, controller, current, configs, replicas, groups)
        self._undo.push_async_callback(self._drain, replicas, coordinators)
        await self._accept(make_dispatcher(parts))

    def _bind(self) -> None:
        advertised = {endpoint.listener_name: endpoint for endpoint in self.settings.advertised_endpoints}
        told = []
        for endpoint in self.settings.endpoints:
            listener = Listener(transport_limits(self.settings), self._clock)
            self._listeners.append((endpoint.listener_name, listener))
            self._undo.push_async_callback(listener.close)
            port = listener.bind(endpoint.host, endpoint.port)
            client_side = advertised.get(endpoint.listener_name, endpoint)
            host = client_side.host or socket.gethostname()
            told.append(Endpoint(endpoint.listener_name, host, client_side.port or port, endpoint.security_protocol))
        self.advertised = tuple(told)

    async def _open_logs(self) -> tuple[LogDirectories, str]:
        """Lock the data directories and recover their logs; returns them with the ID of their cluster."""
        with RecoveryProgress(sys.stderr) as progress:
            logs = await asyncio.to_thread(open_log_directories, self.settings, self._clock, progress)
        return logs, await asyncio.to_thread(logs.claim, self.settings.node_id)

    async def _close_logs(self, logs: LogDirectories, replicas: Callable[[], Replicas | None]) -> None:
        held = replicas()
        await asyncio.to_thread(logs.close, None if held is None else held.high_watermarks())

    def _fail(self, reason: str) -> None:
        """No directory is left: whoever runs the broker stops it."""
        if not self.failed.done():
            self.failed.set_result(reason)

    async def _accept(self, dispatcher: Dispatcher) -> None:
        limits = transport_limits(self.settings)
        for name, listener in self._listeners:

            def open_session(connection: Connection, listener_name: str = name) -> Session:
                session = Session(
                    connection,
                    dispatcher,
                    listener_name=listener_name,
                    max_pending_requests=limits.max_pending_requests,
                    on_closed=self._sessions.discard,
                )
                self._sessions.add(session)
                return session

            await listener.start(open_session)

    async def _drain(self, replicas: Replicas, coordinators: OffsetCoordinators) -> None:
        """Take no more requests, answer those in flight, close every connection."""
        for _, listener in self._listeners:
            await listener.stop_accepting()
        for session in tuple(self._sessions):
            session.stop_reading()
        replicas.close()  # long polls answer with what there is
        await coordinators.close()  # who waits for its group is told to look elsewhere
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await replicas.finish_flushing()
                await asyncio.gather(*(session.finish() for session in tuple(self._sessions)))
        except TimeoutError:
            log.warning("Some clients did not take their answers in time; their connections are cut")
