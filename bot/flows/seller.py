"""The seller's talk, put together: every conversation, its buttons, its words."""

from functools import cache
from pathlib import Path

from bot.flows.approved import by_news
from bot.flows.buying import Buying
from bot.flows.choosing.accepting import ACCEPTANCES
from bot.flows.choosing.held import Held
from bot.flows.choosing.waiting import WaitingList
from bot.flows.confirming import NUMBERED, confirms, final
from bot.flows.helping import Helping
from bot.flows.house import House
from bot.flows.money.disputes import Disputes
from bot.flows.money.money_talk import MoneyTalk
from bot.flows.money.paying import Paying
from bot.flows.money.refunding import Refunding
from bot.flows.money.settling import Settling
from bot.flows.money.taking_away import TakingAway
from bot.flows.organising.alarms import Alarms
from bot.flows.organising.announcing import Announcing
from bot.flows.organising.begun import kept
from bot.flows.organising.changing import Changing, ask_again
from bot.flows.organising.equipping import Equipping
from bot.flows.organising.kinds import Kinds
from bot.flows.organising.live import Live
from bot.flows.organising.old_previews import ask_move_again
from bot.flows.organising.organising import Organising
from bot.flows.organising.own_words import OwnWords
from bot.flows.organising.postering import Postering
from bot.flows.organising.ruling import Ruling
from bot.flows.organising.sale_news import SaleNews
from bot.flows.organising.taking_back import TakingBack
from bot.flows.organising.undelivering import Undelivering
from bot.flows.persons.persons import Persons
from bot.flows.team.owner import Owner
from bot.flows.tickets import contested
from bot.flows.tickets.answering import Answering
from bot.flows.tickets.hands import Hands
from bot.flows.tickets.keeping import Keeping
from bot.flows.tickets.my_tickets import MyTickets
from bot.flows.tickets.renaming import Renaming
from bot.flows.tickets.returning import Returning
from bot.flows.welcome import Welcome
from chat.talk import Talk
from chat.texts import Texts
from gate_scanner.live import LIVE_TEXTS

TEXTS = Path(__file__).parent.parent / "texts"

HURRIED = frozenset({"kind", "want", "seats", "accept", "pay", "by"})
"""From a chosen kind to the payment page: what a rush must not keep waiting."""

BURST_MAX = 120
"""Two messages a second, a minute long: nobody types or taps as much who wants an answer."""


@cache
def seller_texts() -> Texts:
    """Read the seller's words, once a process: its files do not change under it."""
    return Texts(TEXTS, LIVE_TEXTS)


_LIGHT_WORDS = """annul ask edit equip event events fix greet help ics keep kind lang later legal
look map menu new offer organise page paper pay poster print quota receipt refuse reply rule
rules sales tickets want"""
LIGHT = frozenset(_LIGHT_WORDS.split())
"""What shows or leads, and may be pressed by a part of its label: see chat/understanding.py."""


def seller_talk(house: House) -> Talk:
    """Put the seller's conversations together."""
    money = MoneyTalk(house)
    buying, owner = Buying(house, Held(house)), Owner(house)
    settling, refunding = Settling(house), Refunding()
    helping, organising = Helping(house), Organising(house)
    hands = Hands.of(house)
    welcome = Welcome(house, buying, owner, organising, hands, money.links())
    persons, returning, announcing = Persons.of(house), Returning(), Announcing()
    waits, taking_back = WaitingList(), TakingBack()
    renaming, postering = Renaming(house), Postering(welcome.unsupported)
    ruling = Ruling(Kinds(house).openings(), postering.other_file)
    mine, paying, alarms = MyTickets(), Paying(), Alarms()
    steps = {
        **money.steps(),
        **buying.steps(),
        **helping.steps(),
        **organising.steps(),
        **ruling.steps(),
        **Equipping().steps(),
        **renaming.steps(),
        **returning.steps(),
        **announcing.steps(),
        **waits.steps(),
        **persons.steps(),
        **postering.steps(),
        **hands.steps(),
    }
    own_words = OwnWords(organising.actions(), steps, welcome.not_understood)
    return Talk(
        name="seller",
        burst_max=BURST_MAX,
        texts=house.texts,
        actions=kept(
            {
                **money.actions(),
                **buying.actions(),
                **settling.actions(),
                **mine.actions(),
                **Keeping().actions(),
                **ruling.actions(),
                **Changing().actions(),
                **Equipping().actions(),
                **renaming.actions(),
                **returning.actions(),
                **Answering(returning).actions(),
                **announcing.actions(),
                **taking_back.actions(),
                **waits.actions(),
                **persons.actions(),
                **postering.actions(),
                **hands.actions(),
                **welcome.actions(),
                **owner.actions(),
                **helping.actions(),
                **organising.actions(),
                **Live().actions(),
                **SaleNews().actions(),
                **Undelivering().actions(),
                "here": contested.answered,
            }
        ),
        steps=steps,
        heard={
            **welcome.heard(),
            **by_news(paying.heard()),
            **by_news(settling.heard()),
            **by_news(refunding.heard()),
            **by_news(TakingAway().heard()),
            **by_news(Disputes().heard()),
            **by_news(alarms.heard()),
            **by_news(SaleNews().heard()),
            **by_news(persons.heard()),
            **postering.heard(),
            **ruling.heard(),
            **hands.heard(),
        },
        lost=welcome.lost,
        light=LIGHT,
        hurried=HURRIED,
        phrases=ACCEPTANCES,
        confirms=confirms,
        final=final,
        numbered=NUMBERED,
        figure_steps=returning.figure_steps(),
        asks_first={
            "want": buying.want_again,
            "seats": buying.want_again,
            "accept": buying.read_again,
            "letgo": buying.held.ask_cancel,
            "giveback": returning.ask_again,
            "calloffok": announcing.call_off,
            "maintainok": taking_back.ask_maintain,
            "unmoveok": taking_back.ask_unmove,
            "postponeok": ask_move_again,
            "chdo": ask_again,
        },
        commands={
            **Undelivering().commands(),
            **money.commands(),
            **welcome.commands(),
            **returning.commands(),
            **Keeping().commands(),
            **renaming.commands(),
            **announcing.commands(),
            **ruling.commands(),
            **taking_back.commands(),
            **waits.commands(),
            **helping.commands(),
            **hands.commands(),
            **organising.commands(),
            **persons.commands(),
            **Live().commands(),
            **Equipping().commands(),
            **SaleNews().commands(),
        },
        insists=lambda chat, text: helping.insists(chat, text) or own_words.insists(chat, text),
        openings={
            **money.openings(),
            **helping.openings(),
            **hands.openings(),
            **organising.openings(),
            **renaming.openings(),
            **persons.openings(),
            **own_words.openings(),
        },
        number_steps=money.number_steps()
        | buying.number_steps()
        | helping.number_steps()
        | organising.number_steps()
        | ruling.number_steps()
        | Equipping().number_steps()
        | renaming.number_steps()
        | returning.number_steps()
        | announcing.number_steps()
        | waits.number_steps()
        | persons.number_steps()
        | hands.number_steps(),
    )
