"""The seller's talk, put together: every conversation, its buttons, its words."""

from pathlib import Path

from bot.flows import contested
from bot.flows.alarms import Alarms
from bot.flows.buying import Buying
from bot.flows.equipping import Equipping
from bot.flows.helping import Helping
from bot.flows.house import House
from bot.flows.keeping import Keeping
from bot.flows.my_tickets import MyTickets
from bot.flows.organising import Organising
from bot.flows.owner import Owner
from bot.flows.paying import Paying
from bot.flows.refunding import Refunding
from bot.flows.renaming import Renaming
from bot.flows.returning import Returning
from bot.flows.ruling import Ruling
from bot.flows.settling import Settling
from bot.flows.welcome import Welcome
from chat.talk import Talk
from chat.texts import Texts

TEXTS = Path(__file__).parent.parent / "texts"


def seller_texts() -> Texts:
    """Read the seller's words."""
    return Texts(TEXTS)


def seller_talk(house: House) -> Talk:
    """Put the seller's conversations together."""
    buying, owner = Buying(house), Owner(house)
    settling, refunding = Settling(house), Refunding()
    helping, organising = Helping(house), Organising(house)
    welcome = Welcome(house, buying, owner, organising)
    renaming, returning = Renaming(house), Returning()
    mine, paying, alarms = MyTickets(), Paying(), Alarms()
    return Talk(
        name="seller",
        texts=house.texts,
        actions={
            **buying.actions(),
            **settling.actions(),
            **mine.actions(),
            **Keeping().actions(),
            **Ruling().actions(),
            **Equipping().actions(),
            **renaming.actions(),
            **returning.actions(),
            **welcome.actions(),
            **owner.actions(),
            **helping.actions(),
            **organising.actions(),
            "here": contested.answered,
        },
        steps={
            **buying.steps(),
            **helping.steps(),
            **organising.steps(),
            **Ruling().steps(),
            **Equipping().steps(),
            **renaming.steps(),
            **returning.steps(),
        },
        heard={
            **welcome.heard(),
            **paying.heard(),
            **settling.heard(),
            **refunding.heard(),
            **alarms.heard(),
        },
        lost=welcome.lost,
        commands={
            **welcome.commands(),
            **returning.commands(),
            **helping.commands(),
            **organising.commands(),
        },
        openings={**helping.openings(), **organising.openings(), **renaming.openings()},
        number_steps=buying.number_steps()
        | helping.number_steps()
        | organising.number_steps()
        | Ruling().number_steps()
        | Equipping().number_steps()
        | renaming.number_steps()
        | returning.number_steps(),
    )
