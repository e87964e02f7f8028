"""The controller: one broker of the cluster that decides what topics there are, who leads them and how they are set."""

from barnabas.cluster.controller.controller import Controller, random_topic_id
from barnabas.cluster.controller.decisions import ConfigEdit, ConfigValidator, NewTopic
from barnabas.cluster.controller.settings import ControllerSettings, InternalTopicSettings
from barnabas.cluster.controller.topic_names import fault_of_name

__all__ = [
    "ConfigEdit",
    "ConfigValidator",
    "Controller",
    "ControllerSettings",
    "InternalTopicSettings",
    "NewTopic",
    "fault_of_name",
    "random_topic_id",
]
