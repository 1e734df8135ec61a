"""Every conversation about money beside buying itself, put together: papers, tills, accounts."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.legal import Legal
from bot.flows.receipts import Receipts
from chat.talk import Step


@dataclass(frozen=True, slots=True)
class MoneyTalk:
    """What the seller's talk takes from here."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {**Receipts().actions(), **Legal().actions()}

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by where somebody stands."""
        return Legal().steps()

    def number_steps(self) -> frozenset[str]:
        """Where a typed number is an answer."""
        return Legal().number_steps()

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return {**Receipts().commands(), **Legal().commands()}
