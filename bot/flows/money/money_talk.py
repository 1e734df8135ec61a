"""Every conversation about money beside buying itself, put together: papers, tills, accounts."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.money.accounts_panel import AccountsPanel
from bot.flows.money.charging import Charging
from bot.flows.money.counter import Counter
from bot.flows.money.gifts_waiting import GiftsWaiting
from bot.flows.money.handing import Handing
from bot.flows.money.legal import Legal
from bot.flows.money.paying_out import PayingOut
from bot.flows.money.receipts import Receipts
from bot.flows.money.tilling import Tilling
from bot.flows.team.selling_team import SellingTeam
from chat.messages import Chat, Turn
from chat.talk import Step
from storage.database import Tx

LinkStep = Callable[[Tx, Chat, str], Awaitable[Turn]]
"""What opening a one-use link does, with its token."""


@dataclass(frozen=True, slots=True)
class MoneyTalk:
    """What the seller's talk takes from here."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        sell, gift = self._counters()
        return {
            **Receipts().actions(),
            **Legal().actions(),
            **sell.actions(),
            **gift.actions(),
            **GiftsWaiting().actions(),
            **Handing(self.house).actions(),
            **SellingTeam(self.house).actions(),
            **Tilling(self.house).actions(),
            **AccountsPanel().actions(),
            **PayingOut(self.house).actions(),
            **Charging(self.house).actions(),
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by where somebody stands."""
        sell, gift = self._counters()
        return {
            **Legal().steps(),
            **sell.steps(),
            **gift.steps(),
            **SellingTeam(self.house).steps(),
            **Tilling(self.house).steps(),
            **PayingOut(self.house).steps(),
            **Charging(self.house).steps(),
        }

    def number_steps(self) -> frozenset[str]:
        """Where a typed number is an answer."""
        house = self.house
        parts = (
            Legal(),
            *self._counters(),
            SellingTeam(house),
            Tilling(house),
            PayingOut(house),
            Charging(house),
        )
        return frozenset[str]().union(*(part.number_steps() for part in parts))

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        sell, gift = self._counters()
        return {
            **Receipts().commands(),
            **Legal().commands(),
            **sell.commands(),
            **gift.commands(),
            **SellingTeam(self.house).commands(),
            **Tilling(self.house).commands(),
            **AccountsPanel().commands(),
            **PayingOut(self.house).commands(),
            **Charging(self.house).commands(),
        }

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them: `vente VIP 2 espèces`."""
        sell, gift = self._counters()
        return {**sell.openings(), **gift.openings()}

    def links(self) -> Mapping[str, LinkStep]:
        """What a one-use link opens, by the letter before its token."""
        return {"g": Handing(self.house).opened, "v": SellingTeam(self.house).opened}

    def _counters(self) -> tuple[Counter, Counter]:
        return Counter(self.house, "sell"), Counter(self.house, "gift")
