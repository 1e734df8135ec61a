"""A contact for the day the phone is lost: left by whoever wants, used for nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.choices import menu_choices
from bot.flows.house import House
from bot.flows.reading import read_phone
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from storage import rescue_contacts
from storage.database import Tx
from storage.rescue_contacts import RescueContact

EMAIL = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,190}\.[^\s@.<>,;\"]{2,24}")
"""An address as people type it; whether it exists, only a mail would tell."""

_STEP = "rescuing.contact"


@dataclass(frozen=True, slots=True)
class Rescuing:
    """Leaving a contact, and taking it away again."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"rescue": self.begin}

    def steps(self) -> Mapping[str, Step]:
        """What free text means while a contact is awaited."""
        return {_STEP: self.hear_contact}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere."""
        said = ("contact de secours", "mon contact de secours", "rescue contact")
        return dict.fromkeys(said, "rescue")

    async def begin(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Ask for a contact; `rescue:no` leaves, `rescue:away` drops what is there."""
        if tap.action == "rescue:away":
            await rescue_contacts.take_away(tx, chat.person_id)
            return Turn((Say(words("rescuing.away"), menu_choices()),), Then())
        ways = self.house.rescues()
        if not ways:
            return Turn((Say(words("rescuing.no_way"), menu_choices()),), Then())
        leave = Choice(words("rescuing.no"), "tickets")
        left = await rescue_contacts.contacts_of(tx, chat.person_id)
        if not left:
            return Turn((Say(words("rescuing.ask", ways=_ways(ways)), (leave,)),), Then(_STEP))
        known = words("rescuing.known", contacts=", ".join(one.address for one in left))
        question = words("asking.lines", lines=(known, words("rescuing.ask", ways=_ways(ways))))
        away = Choice(words("rescuing.take_away"), "rescue:away")
        return Turn((Say(question, (away, leave)),), Then(_STEP))

    async def hear_contact(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take an e-mail or a number, whichever a code can be sent to here."""
        ways = self.house.rescues()
        contact = read_contact(text.text)
        if contact is None or contact.kind not in ways:
            leave = Choice(words("rescuing.no"), "tickets")
            return Turn((Say(words("rescuing.unreadable", ways=_ways(ways)), (leave,)),))
        await rescue_contacts.leave(tx, chat.person_id, contact, chat.now_ms)
        mine = Choice(words("menu.tickets"), "tickets")
        return Turn((Say(words("rescuing.kept", contact=contact.address), (mine,)),), Then())


def rescue_choices(house: House) -> tuple[Choice, ...]:
    """The button that leaves a contact, where a code could be sent to one."""
    return (Choice(words("rescuing.label"), "rescue"),) if house.rescues() else ()


def read_contact(text: str) -> RescueContact | None:
    """Read an e-mail or a number with its country; None if it is neither."""
    typed = text.strip()
    if EMAIL.fullmatch(typed):
        return RescueContact("email", typed)
    phone = read_phone(typed)
    return RescueContact("phone", phone) if phone else None


def _ways(ways: frozenset[str]) -> Words:
    if len(ways) > 1:
        return words("rescuing.both")
    return words("rescuing.email") if "email" in ways else words("rescuing.phone")
