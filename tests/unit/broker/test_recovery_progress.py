"""What is said of a recovery: nothing if it is short, lines where nobody watches, a bar on a terminal."""

import io

from barnabas.broker.recovery_progress import RecoveryProgress


class Seconds:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def recover(stream: io.StringIO, seconds: int) -> str:
    clock = Seconds()
    with RecoveryProgress(stream, clock) as progress:
        progress.add(10, 100_000_000)
        for _ in range(seconds):
            clock.now_s += 0.9
            progress.bytes_done(5_000_000)
            progress.log_done()
    return stream.getvalue()


def test_a_short_recovery_says_nothing() -> None:
    assert recover(io.StringIO(), 1) == ""


def test_without_a_terminal_there_is_a_line_every_few_seconds() -> None:
    assert recover(io.StringIO(), 10).splitlines() == [
        "Recovering logs: 10 of 100 MB, 1 of 10 logs",
        "Recovering logs: 40 of 100 MB, 7 of 10 logs",
        "Recovering logs: 50 of 100 MB, 10 of 10 logs in 9.0 s",
    ]


def test_on_a_terminal_there_is_a_bar() -> None:
    shown = recover(Terminal(), 10)
    assert "Recovering logs" in shown
    assert "10/10 logs" in shown
    assert "50.0/100.0 MB" in shown
