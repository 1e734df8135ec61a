"""Tickets in other hands: giving, taking over, showing papers, asking if one is genuine."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.approved import by_news
from bot.flows.house import House
from bot.flows.tickets.genuine import Genuine
from bot.flows.tickets.giving import Giving
from bot.flows.tickets.papers import PHOTO, Papers
from bot.flows.tickets.taking import Taking
from chat.messages import Chat, Photo, Turn
from chat.talk import Step
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Hands:
    """The conversations about a ticket that changes hands, put together."""

    giving: Giving
    taking: Taking
    papers: Papers
    genuine: Genuine

    @staticmethod
    def of(house: House) -> "Hands":
        """Put them together for an installation."""
        return Hands(Giving(house), Taking(house), Papers(), Genuine(house))

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {
            **self.giving.actions(),
            **self.taking.actions(),
            **self.papers.actions(),
            **self.genuine.actions(),
        }

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by where a chat stands."""
        return {**self.giving.steps(), **self.taking.steps(), **self.papers.steps()}

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer."""
        return self.giving.number_steps() | self.taking.number_steps()

    def heard(self) -> Mapping[type, Step]:
        """What is done about facts, photos and cards."""
        return {
            **by_news(self.giving.heard()),
            **self.genuine.heard(),
            Photo: self.photo,
        }

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return {**self.giving.commands(), **self.genuine.commands()}

    def openings(self) -> Mapping[str, Step]:
        """What is typed with a word or a code behind it."""
        return {**self.taking.openings(), **self.genuine.openings()}

    async def photo(self, tx: Tx, chat: Chat, photo: Photo) -> Turn:
        """Take a photo that was not read: a paper that was asked for, else one too many."""
        if chat.step == PHOTO:
            return await self.papers.pass_on(tx, chat, photo)
        return await self.genuine.too_many_photos(tx, chat, photo)
