"""Making an Apache Kafka broker's data directory ours: its topics, settings and IDs become known in our tree."""

from barnabas.cluster.adoption.adopting import make_known, plan_adoption
from barnabas.cluster.adoption.decisions import Adoption, ConfigValidator, Found, FoundLog, adopt
from barnabas.cluster.adoption.errors import CannotAdopt
from barnabas.cluster.adoption.survey import survey

__all__ = [
    "Adoption",
    "CannotAdopt",
    "ConfigValidator",
    "Found",
    "FoundLog",
    "adopt",
    "make_known",
    "plan_adoption",
    "survey",
]
