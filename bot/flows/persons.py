"""Who somebody is: the conversations about accounts, not about events, put together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.flows.linking import Linking
from chat.talk import Step


@dataclass(frozen=True, slots=True)
class Persons:
    """Linking accounts."""

    linking: Linking = field(default_factory=Linking)

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return self.linking.actions()

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by what was asked."""
        return self.linking.steps()

    def number_steps(self) -> frozenset[str]:
        """Where typed digits and words are an answer."""
        return self.linking.number_steps()

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere."""
        return self.linking.commands()

    def openings(self) -> Mapping[str, Step]:
        """What is typed with something behind it."""
        return self.linking.openings()
