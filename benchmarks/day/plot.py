"""The run as an SVG: a panel for each thing that was sampled, one above the other, on one axis of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

WIDTH: Final = 900
LEFT: Final = 80
RIGHT: Final = 20
PANEL_HEIGHT: Final = 120
GAP: Final = 34
TOP: Final = 40
COLOURS: Final = ("#2166ac", "#b35806")
_GREY: Final = "#777"


@dataclass(frozen=True, slots=True)
class Panel:
    """One quantity, or two of the same unit: the first drawn full, the second dashed."""

    title: str
    columns: tuple[str, ...]
    is_logarithmic: bool = False


PANELS: Final = (
    Panel("records sent per second", ("rate",)),
    Panel("consumer's lag, records", ("lag",)),
    Panel("end-to-end latency, ms: p99, and p50 dashed", ("p99_ms", "p50_ms"), is_logarithmic=True),
    Panel("server CPU, percent of one core", ("cpu_percent",)),
    Panel("server's resident memory, MB", ("memory_mb",)),
)


def as_svg(results: Mapping[str, Any]) -> str:
    """The whole picture."""
    servers: Mapping[str, Mapping[str, Any]] = results["servers"]
    height = TOP + len(PANELS) * (PANEL_HEIGHT + GAP)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    for number, name in enumerate(servers):
        parts.append(_text(LEFT + 150 * number, 18, name, COLOURS[number], weight="bold"))
    for number, panel in enumerate(PANELS):
        parts += _panel(panel, servers, TOP + number * (PANEL_HEIGHT + GAP))
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, servers: Mapping[str, Mapping[str, Any]], top: int) -> list[str]:
    bottom = top + PANEL_HEIGHT
    lines = {
        (number, column): [line[found["columns"].index(column)] for line in found["samples"]]
        for number, found in enumerate(servers.values())
        for column in panel.columns
    }
    marks = ticks(max(max(values) for values in lines.values()), panel.is_logarithmic)
    scale = _scale(marks, panel.is_logarithmic)
    parts = [_text(LEFT, top - 6, panel.title, "#000")]
    for mark in marks:
        y = bottom - scale(mark) * PANEL_HEIGHT
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{mark:,g}", _GREY, anchor="end"))
    seconds = max(len(values) for values in lines.values())
    across = (WIDTH - LEFT - RIGHT) / max(1, seconds - 1)
    for second in range(0, seconds, 60 if seconds > 120 else 10):
        label = f"{second // 60} min" if seconds > 120 else f"{second} s"
        parts.append(_text(LEFT + second * across, bottom + 14, label, _GREY, anchor="middle"))
    for (number, column), values in lines.items():
        points = " ".join(
            f"{LEFT + at * across:.1f},{bottom - scale(v) * PANEL_HEIGHT:.1f}" for at, v in enumerate(values)
        )
        dashes = "" if column == panel.columns[0] else ' stroke-dasharray="3 3"'
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[number]}"{dashes}/>')
    return parts


def ticks(largest: float, is_logarithmic: bool) -> list[float]:
    """The values at which a line is drawn; the last is not less than the largest value."""
    if is_logarithmic:
        return [10.0**power for power in range(-1, max(1, math.ceil(math.log10(max(largest, 1)))) + 1)]
    step = 10.0 ** math.floor(math.log10(max(largest, 1)))
    for finer in (0.25, 0.5, 1, 2, 5):
        if largest <= 5 * step * finer:
            step *= finer
            break
    return [step * number for number in range(max(1, math.ceil(largest / step)) + 1)]


def _scale(marks: Sequence[float], is_logarithmic: bool) -> Callable[[float], float]:
    """From a value to its height, 0 to 1."""
    if not is_logarithmic:
        return lambda value: value / marks[-1]
    low, high = math.log10(marks[0]), math.log10(marks[-1])
    return lambda value: (math.log10(max(value, marks[0])) - low) / (high - low)


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start", weight: str = "normal") -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {where} fill="{colour}" font-weight="{weight}">{escape(text)}</text>'
