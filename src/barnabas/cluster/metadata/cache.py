"""Where a broker's newest image of its cluster is found, and who is told of the next one."""

from collections.abc import Awaitable, Callable

from barnabas.cluster.metadata.change import ImageChange
from barnabas.cluster.metadata.image import ClusterImage

Listener = Callable[[ImageChange], None]
"""Called on the event loop, in order of subscription, before `publish` returns."""

Preparation = Callable[[ImageChange], Awaitable[None]]
"""Awaited before a change becomes visible: work that takes time, such as making the logs of a new topic."""


class MetadataCache:
    """One image at a time. Whoever publishes has written the change to the coordination tree, or read it there."""

    __slots__ = ("_image", "_listeners", "_preparations")

    def __init__(self, image: ClusterImage) -> None:
        self._image = image
        self._listeners: list[Listener] = []
        self._preparations: list[Preparation] = []

    @property
    def image(self) -> ClusterImage:
        """The newest image. Take it once per request: two looks may see two clusters."""
        return self._image

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have a listener called with every change from now on; what comes back ends that.

        A listener that needs what is there already looks at `image` first.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def prepare_with(self, preparation: Preparation) -> None:
        """Have every change prepared by this before it is published."""
        self._preparations.append(preparation)

    async def prepare_and_publish(self, image: ClusterImage) -> None:
        """Publish once all preparations are done; one call at a time, which the caller sees to."""
        change = ImageChange(self._image, image)
        for preparation in self._preparations:
            await preparation(change)
        self.publish(image)

    def publish(self, image: ClusterImage) -> None:
        """Replace the image and tell the listeners, who see the new one already."""
        change = ImageChange(self._image, image)
        self._image = image
        for listener in tuple(self._listeners):
            listener(change)
