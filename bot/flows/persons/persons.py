"""Who somebody is: the conversations about accounts, not about events, put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from bot.flows.house import House
from bot.flows.persons.forgetting import Forgetting
from bot.flows.persons.linking import Linking
from bot.flows.persons.recovering import Recovering
from bot.flows.persons.rescuing import Rescuing
from chat.talk import Step


@dataclass(frozen=True, slots=True)
class Persons:
    """Linking accounts, recovering orders, one's own data."""

    linking: Linking
    recovering: Recovering
    rescuing: Rescuing
    forgetting: Forgetting

    @classmethod
    def of(cls, house: House) -> Self:
        """Put them together."""
        return cls(Linking(), Recovering(house), Rescuing(house), Forgetting())

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            **self.linking.actions(),
            **self.recovering.actions(),
            **self.rescuing.actions(),
            **self.forgetting.actions(),
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by what was asked."""
        return {**self.linking.steps(), **self.recovering.steps(), **self.rescuing.steps()}

    def number_steps(self) -> frozenset[str]:
        """Where typed digits and words are an answer."""
        return (
            self.linking.number_steps()
            | self.recovering.number_steps()
            | frozenset(self.rescuing.steps())
        )

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere."""
        return {
            **self.linking.commands(),
            **self.recovering.commands(),
            **self.rescuing.commands(),
            **self.forgetting.commands(),
        }

    def openings(self) -> Mapping[str, Step]:
        """What is typed with something behind it."""
        return {**self.linking.openings(), **self.recovering.openings()}

    def heard(self) -> Mapping[type, Step]:
        """What is done about each fact."""
        return self.recovering.heard()
