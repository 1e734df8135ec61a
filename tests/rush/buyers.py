"""Buyers in a rush: they open the link, tap as soon as they are answered, and pay at their pace."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappush

from chat.messages import Outgoing
from storage.ids import to_text

READ_MS = (800, 6_000)
"""How long people read a message before they tap."""

PAY_MS = (15_000, 90_000)
"""How long a payment page takes: a code from the operator, a PIN."""

IMPATIENT_MS = 60_000
"""Who hears nothing for so long writes again."""


@dataclass(slots=True)
class Buyer:
    """One buyer and what happened to them."""

    ref: str
    came_ms: int
    said: int = 0
    heard_ms: int | None = None
    """When the first answer came."""
    last_ms: int = 0
    """When the last one did."""
    noted: bool = False
    ticket_ms: int | None = None
    turned_away_ms: int | None = None
    paying: bool = False

    @property
    def is_done(self) -> bool:
        """Whether they have a ticket, or know that there is none."""
        return self.ticket_ms is not None or self.turned_away_ms is not None


@dataclass(order=True, slots=True)
class Deed:
    """Something somebody does at a time."""

    at_ms: int
    number: int
    who: Buyer = field(compare=False)
    kind: str = field(compare=False)
    what: str = field(compare=False, default="")


@dataclass(slots=True)
class Crowd:
    """All buyers, what they will do next, and how they answer what they receive."""

    chance: random.Random
    now_ms: Callable[[], int]
    event_id: int
    buyers: dict[str, Buyer] = field(default_factory=dict)
    coming: list[Deed] = field(default_factory=list)
    deeds: int = 0

    def come(self, count: int, within_ms: int) -> None:
        """Let so many people open the link within a time, most of them early."""
        for number in range(count):
            at_ms = self.now_ms() + int(within_ms * self.chance.betavariate(1, 2))
            buyer = Buyer(f"b{number}", at_ms)
            self.buyers[buyer.ref] = buyer
            self._will(at_ms, buyer, "start", f"e_{to_text(self.event_id)}")

    def receive(self, ref: str, outgoing: Outgoing) -> None:
        """Decide what a buyer does with a message."""
        buyer, now_ms = self.buyers[ref], self.now_ms()
        buyer.last_ms = now_ms
        if outgoing.text.startswith("Beaucoup de monde"):
            buyer.noted = True
            return
        if buyer.heard_ms is None:
            buyer.heard_ms = now_ms
        if outgoing.media is not None:
            buyer.ticket_ms = buyer.ticket_ms or now_ms
            return
        if buyer.is_done:
            return
        page = next((button.url for button in outgoing.buttons if button.url), None)
        if page and "/pay/" in page:
            if not buyer.paying:
                buyer.paying = True
                self._will(now_ms + self.chance.randint(*PAY_MS), buyer, "pay", page)
            return
        action = next(
            (
                button.action
                for button in outgoing.buttons
                if button.action and button.action.startswith(("kind:", "want:", "accept:"))
            ),
            None,
        )
        if action is not None:
            self._will(now_ms + self.chance.randint(*READ_MS), buyer, "tap", action)
        elif not buyer.paying:
            buyer.turned_away_ms = now_ms

    def ask(self, deed: Deed) -> None:
        """Note that somebody wrote; unanswered for a minute, they write the same again."""
        again_ms = self.now_ms() + IMPATIENT_MS
        self._will(again_ms, deed.who, "again", f"{self.now_ms()}|{deed.kind}|{deed.what}")

    def gave_up_waiting(self, deed: Deed) -> Deed | None:
        """What somebody does again, if nothing came since."""
        asked_ms, kind, what = deed.what.split("|")
        if deed.who.is_done or deed.who.last_ms >= int(asked_ms):
            return None
        return Deed(deed.at_ms, deed.number, deed.who, kind, what)

    def _will(self, at_ms: int, buyer: Buyer, kind: str, what: str) -> None:
        buyer.said += 1
        self.deeds += 1
        heappush(self.coming, Deed(at_ms, self.deeds, buyer, kind, what))
