"""Write `docs/reference/configuration.md` from the declarations of the options.

`python tools/configuration_reference.py` writes it; `--check` only says whether it is up to date, ending with 1 if not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from barnabas.foundation.config import BrokerSettings, TopicSettings
from barnabas.foundation.config.declarations.of_client_metrics import ClientMetricsOptions
from barnabas.foundation.config.declarations.of_groups import GroupOptions
from barnabas.foundation.config.declarations.quotas import DynamicQuotaOptions
from barnabas.foundation.config.option import Effect, Option, Scope, declared_options
from barnabas.foundation.config.synonyms import TOPIC_SYNONYMS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "configuration.md"

INTRODUCTION = """\
# Configuration

<!-- Written by tools/configuration_reference.py from the declarations; edit those, then run it again. -->

A broker reads a `server.properties` with the names of Apache Kafka: `barnabas start --config server.properties`,
and single values with `--override key=value`. Names, types, defaults and bounds are those of Kafka 4.1; what only
later or earlier releases know is accepted too. A name that nobody declares, or a bad value, ends the start with one
line that says where it stands and what was expected.

Columns:

* **Default**: the value that holds when nothing is set; *none* means that there is none.
* **Change**: *cluster* options may be set while the broker runs, for one broker or for all (`kafka-configs --alter
  --entity-type brokers`); *broker* options for one broker only; the others only in the file.
* **Effect**: ✔ where this version acts on the option. The others are accepted and described, but change nothing;
  a broker says at its start which of those its file sets.

In the order of precedence a value is the one set for the topic, for this broker while it runs, for all brokers while
they run, in the file, or the default. A topic option that is not set follows the broker option named beside it.
"""

DYNAMIC_SCOPES = {Scope.READ_ONLY: "", Scope.PER_BROKER: "broker", Scope.CLUSTER_WIDE: "cluster"}
DURATIONS = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000))
SIZES = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


def render() -> str:
    """The whole page."""
    return "\n".join((INTRODUCTION, *_topics(), *_brokers(), *_others())) + "\n"


def _topics() -> Iterator[str]:
    yield "## Topics\n"
    yield "| Option | Type | Default | Valid | Broker option | Effect | |"
    yield "|---|---|---|---|---|---|---|"
    for declared in _sorted(TopicSettings.OPTIONS.values()):
        followed = ", ".join(f"`{synonym.name}`" for synonym in TOPIC_SYNONYMS.get(declared.name, ()))
        yield _row(declared, followed, _effect(declared), declared.doc)
    yield ""


def _brokers() -> Iterator[str]:
    yield "## Brokers\n"
    for theme in BrokerSettings.__bases__:
        yield f"### {theme.__doc__}\n"
        yield "| Option | Type | Default | Valid | Importance | Change | Effect | |"
        yield "|---|---|---|---|---|---|---|---|"
        for declared in declared_options(theme).values():
            scope = DYNAMIC_SCOPES[declared.scope]
            yield _row(declared, declared.importance.value, scope, _effect(declared), declared.doc)
        yield ""


def _others() -> Iterator[str]:
    for title, owner in (
        ("Brokers, only while they run", DynamicQuotaOptions),
        ("Groups", GroupOptions),
        ("Subscriptions to clients' metrics", ClientMetricsOptions),
    ):
        yield f"## {title}\n"
        yield "| Option | Type | Default | Valid | Effect | |"
        yield "|---|---|---|---|---|---|"
        for declared in _sorted(declared_options(owner).values()):
            yield _row(declared, _effect(declared), declared.doc)
        yield ""


def _sorted(options: Iterable[Option[Any]]) -> list[Option[Any]]:
    return sorted(options, key=lambda declared: declared.name)


def _row(declared: Option[Any], *more: str) -> str:
    name = f"`{declared.name}`"
    if declared.only_in_3x:
        name += " (Kafka 3)"
    rule = "" if declared.validator is None else declared.validator.rule
    cells = (name, declared.kind.name, _default(declared), rule, *more)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _effect(declared: Option[Any]) -> str:
    return "✔" if declared.effect is Effect.ACTS else ""


def _default(declared: Option[Any]) -> str:
    """The default as it is written, and for long numbers also as people say it."""
    text = declared.format(declared.default)
    if text is None:
        return "*none*"
    if not text:
        return "*empty*"
    if text == "9223372036854775807":
        return f"`{text}` (no limit)"
    return f"`{text}`" + _spoken(declared)


def _spoken(declared: Option[Any]) -> str:
    value = declared.default
    last = declared.name.rpartition(".")[2]
    units = DURATIONS if last == "ms" else SIZES if last in {"bytes", "size"} else ()
    for unit, worth in units:
        if value > 0 and value % worth == 0:
            return f" ({value // worth} {unit})"
    return ""


def main() -> int:
    page = render()
    if "--check" in sys.argv[1:]:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page:
            return 0
        print(f"{PAGE} is out of date: run {Path(__file__).name}", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
