"""Cards drawn ahead on other threads, while requests wait for VK's pace: an upload then costs only its way."""

import weakref
from collections.abc import Iterable
from concurrent import futures

from . import cards

THREADS = 2

# Name, colour and place in a bulk, as `cards.draw` takes them.
Card = tuple[str, str, int | None]


class Studio:
    """Keeps what it has drawn until it is asked for, or until other cards are begun."""

    def __init__(self):
        self._pool = futures.ThreadPoolExecutor(THREADS, "cards")
        self._begun: dict[Card, futures.Future[bytes]] = {}
        # Whoever drops the studio waits for no card.
        weakref.finalize(self, self._pool.shutdown, wait=False, cancel_futures=True)

    def begin(self, wanted: Iterable[Card]) -> None:
        """Draw these; what was begun before and is not among them is thrown away."""
        before, self._begun = self._begun, {}
        for card in wanted:
            drawn = before.pop(card, None)
            self._begun[card] = drawn or self._pool.submit(cards.draw, *card)
        for left in before.values():
            left.cancel()

    def draw(self, name: str, color: str, place: int | None = None) -> bytes:
        """The card, at once if it was begun. Raises as `cards.draw` does."""
        begun = self._begun.pop((name, color, place), None)
        return begun.result() if begun else cards.draw(name, color, place)
