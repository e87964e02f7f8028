"""Timers in virtual time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from barnabas.coordinators.runtime.outcome import Event
from barnabas.coordinators.runtime.timers import Timers
from barnabas.foundation.clock import ManualClock, SystemClock


@dataclass(frozen=True, slots=True)
class Rang(Event):
    name: str


def with_timers(scenario: Callable[[Timers, ManualClock, list[Event]], None]) -> None:
    async def play() -> None:
        clock, fired = ManualClock(), list[Event]()
        timers = Timers(clock, fired.append)
        try:
            scenario(timers, clock, fired)
        finally:
            timers.close()

    asyncio.run(play())


def test_they_ring_in_order_and_once() -> None:
    def scenario(timers: Timers, clock: ManualClock, fired: list[Event]) -> None:
        timers.set("b", 20, Rang("b"))
        timers.set("a", 10, Rang("a"))
        clock.advance_ms(9)
        timers.run_due()
        assert fired == []
        clock.advance_ms(20)
        timers.run_due()
        timers.run_due()
        assert fired == [Rang("a"), Rang("b")]
        assert len(timers) == 0

    with_timers(scenario)


def test_setting_one_again_moves_it_either_way() -> None:
    def scenario(timers: Timers, clock: ManualClock, fired: list[Event]) -> None:
        timers.set("later", 10, Rang("early"))
        timers.set("later", 30, Rang("later"))
        timers.set("sooner", 30, Rang("late"))
        timers.set("sooner", 10, Rang("sooner"))
        clock.advance_ms(10)
        timers.run_due()
        assert fired == [Rang("sooner")]
        clock.advance_ms(20)
        timers.run_due()
        assert fired == [Rang("sooner"), Rang("later")]

    with_timers(scenario)


def test_a_cancelled_one_is_silent_and_may_be_set_again() -> None:
    def scenario(timers: Timers, clock: ManualClock, fired: list[Event]) -> None:
        timers.set("a", 10, Rang("first"))
        timers.cancel("a")
        timers.cancel("never set")
        timers.set("a", 20, Rang("second"))
        clock.advance_ms(15)
        timers.run_due()
        assert fired == []
        clock.advance_ms(5)
        timers.run_due()
        assert fired == [Rang("second")]

    with_timers(scenario)


def test_heartbeats_do_not_pile_up() -> None:
    def scenario(timers: Timers, clock: ManualClock, fired: list[Event]) -> None:
        for _ in range(1_000):
            timers.set("session", 10_000, Rang("expired"))
            clock.advance_ms(5)
        assert len(timers._heap) == 1
        assert fired == []

    with_timers(scenario)


def test_the_event_loop_rings_them() -> None:
    async def play() -> None:
        rang = asyncio.Event()
        timers = Timers(SystemClock(), lambda _: rang.set())
        timers.set("a", 1, Rang("a"))
        await asyncio.wait_for(rang.wait(), 10)
        timers.close()
        timers.set("b", 0, Rang("b"))
        assert timers._alarm is None

    asyncio.run(play())
