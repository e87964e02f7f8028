"""How far the recovery after a crash is: a bar on a terminal, a line every few seconds elsewhere.

A recovery that takes less than a second says nothing. The bar needs a terminal; without one there are lines.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self, TextIO

SILENT_S: Final = 1.0
LINE_EVERY_S: Final = 5.0
_MEGABYTE: Final = 1_000_000


class RecoveryProgress:
    """Told by the threads that recover; shows on `stream`. Use it as a context manager."""

    def __init__(self, stream: TextIO, now_s: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._now_s = now_s
        self._started_s = now_s()
        self._shown_s = self._started_s + SILENT_S - LINE_EVERY_S
        self._lock = threading.Lock()
        self._logs = self._logs_done = 0
        self._bytes = self._bytes_done = 0
        self._bar: Any = None
        self._task: Any = None
        self._has_spoken = False

    def add(self, logs: int, size_bytes: int) -> None:
        with self._lock:
            self._logs += logs
            self._bytes += size_bytes

    def bytes_done(self, size_bytes: int) -> None:
        with self._lock:
            self._bytes_done += size_bytes
            self._show()

    def log_done(self) -> None:
        with self._lock:
            self._logs_done += 1
            self._show()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            if self._bar is not None:
                self._update_bar()
                self._bar.stop()
            elif self._has_spoken and error is None:
                print(f"{self._told()} in {self._now_s() - self._started_s:.1f} s", file=self._stream, flush=True)

    def _show(self) -> None:
        now_s = self._now_s()
        if now_s - self._started_s < SILENT_S:
            return
        if not self._has_spoken:
            self._has_spoken = True
            self._bar = _make_bar(self._stream)
            if self._bar is not None:
                self._task = self._bar.add_task("Recovering logs", total=self._bytes, logs="")
                self._bar.start()
        if self._bar is not None:
            if now_s - self._shown_s > 0.1:
                self._shown_s = now_s
                self._update_bar()
        elif now_s - self._shown_s >= LINE_EVERY_S:
            self._shown_s = now_s
            print(self._told(), file=self._stream, flush=True)

    def _update_bar(self) -> None:
        logs = f"{self._logs_done}/{self._logs} logs"
        self._bar.update(self._task, completed=self._bytes_done, total=self._bytes, logs=logs)

    def _told(self) -> str:
        done, of = self._bytes_done / _MEGABYTE, self._bytes / _MEGABYTE
        return f"Recovering logs: {done:.0f} of {of:.0f} MB, {self._logs_done} of {self._logs} logs"


def _make_bar(stream: TextIO) -> Any:
    """A bar, or None where there is no terminal."""
    if not stream.isatty():
        return None
    # Here, so that a start that shows nothing does not wait for the import.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[logs]}"),
        TimeRemainingColumn(),
        console=Console(file=stream),
    )
