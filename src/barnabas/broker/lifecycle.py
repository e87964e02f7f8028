"""A broker's life: start in the right order, serve, stop without losing anything.

Start: claim the addresses (a port in use is told at once), claim the data directory and recover its logs, join the
cluster through the coordination tree, load the coordinators, and only then accept. Stop runs the same way back:
requests in flight are answered, logs flushed, and the clean-shutdown marker is the last thing written.
"""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable

from barnabas.broker.process import prepare_process, settle_memory
from barnabas.broker.server import Broker, CannotStart
from barnabas.foundation.clock import SystemClock
from barnabas.foundation.config import BrokerSettings

__all__ = ["CannotStart", "Failed", "run_broker"]

log = logging.getLogger(__name__)


class Failed(Exception):
    """Why a broker that was running had to stop, in one line."""


def run_broker(settings: BrokerSettings, announce: Callable[[str], None]) -> None:
    """Run one broker until SIGINT or SIGTERM; `announce` gets the line that says it is ready.

    Raises CannotStart or Failed, whose text is one line for a person.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    prepare_process()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings, announce))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where the platform has it; asyncio's own loop does everything too, with more CPU."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(settings: BrokerSettings, announce: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    _on_termination(stop.set)
    broker = Broker(settings, SystemClock())
    try:
        await broker.start()
        settle_memory()
        addresses = ", ".join(f"{endpoint.host}:{endpoint.port}" for endpoint in broker.advertised)
        announce(f"Barnabas is ready on {addresses}, data in {', '.join(settings.log_directories)}")
        await _first(stop, broker.failed)
    finally:
        await broker.stop()
    if broker.failed.done():
        raise Failed(broker.failed.result())


async def _first(stop: asyncio.Event, failed: "asyncio.Future[str]") -> None:
    """Until the broker is to stop, or can't go on."""
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait((stopping, failed), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()


def _on_termination(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    names = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last one is Windows' word for "please stop"
    for number in [getattr(signal, name) for name in names if hasattr(signal, name)]:
        try:
            loop.add_signal_handler(number, stop)
        except (NotImplementedError, RuntimeError):
            # Windows has no signal handlers in its loops; Ctrl-C arrives in the main thread instead.
            with contextlib.suppress(ValueError):
                signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stop))
