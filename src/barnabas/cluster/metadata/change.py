"""What differs between two images of a cluster, for those who act on it."""

from collections.abc import Iterator
from dataclasses import dataclass

from barnabas.cluster.metadata.image import NO_CONFIG, ClusterImage, ConfigResource, TopicImage


@dataclass(frozen=True, slots=True)
class ImageChange:
    """From one image to the next.

    A topic that was deleted and made again in between has another ID: it is among the deleted and the created.
    """

    before: ClusterImage
    after: ClusterImage

    def created_topics(self) -> Iterator[TopicImage]:
        for topic, known in self._differing():
            if known is None or known.topic_id != topic.topic_id:
                yield topic

    def changed_topics(self) -> Iterator[tuple[TopicImage, TopicImage]]:
        """Old and new state of topics with another number of partitions, other leaders or other replicas."""
        for topic, known in self._differing():
            if known is not None and known.topic_id == topic.topic_id and known != topic:
                yield known, topic

    def deleted_topics(self) -> Iterator[TopicImage]:
        if self.before.topics is self.after.topics:
            return
        for name, known in self.before.topics.items():
            topic = self.after.topics.get(name)
            if topic is None or topic.topic_id != known.topic_id:
                yield known

    def changed_configs(self) -> Iterator[ConfigResource]:
        before, after = self.before.configs, self.after.configs
        if before is after:
            return
        for resource in before.keys() | after.keys():
            if before.get(resource, NO_CONFIG) != after.get(resource, NO_CONFIG):
                yield resource

    def _differing(self) -> Iterator[tuple[TopicImage, TopicImage | None]]:
        if self.before.topics is self.after.topics:
            return
        for name, topic in self.after.topics.items():
            known = self.before.topics.get(name)
            if known is not topic:
                yield topic, known
