"""The first owner: a one-use link whose opening changes nothing, and the button behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.organising.organiser_words import create_button, list_button
from bot.flows.team.noting import note_of
from chat.messages import Chat, Choice, Say, Tap, Then, Turn, words
from chat.talk import Step
from storage import chats, invitations, organisers
from storage.database import Tx

PURPOSE = "owner"


@dataclass(frozen=True, slots=True)
class Owner:
    """How somebody becomes owner of this box office."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"own": self.become_owner}

    async def opened(self, tx: Tx, chat: Chat, token: str) -> Turn:
        """Say what an owner's link is, with the button that uses it; previews must not burn it."""
        invitation = await invitations.look_at(tx, token, purpose=PURPOSE, now_ms=chat.now_ms)
        if invitation is None:
            return await _gone(tx, chat)
        button = Choice(words("owner.become"), f"own:{invitation.token_hash}")
        return Turn((Say(words("owner.opened"), (button,)),), Then())

    async def become_owner(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Use the link: the first who presses owns the first organiser, made if there is none."""
        invitation = await invitations.use(
            tx,
            tap.action.partition(":")[2],
            purpose=PURPOSE,
            person_id=chat.person_id,
            now_ms=chat.now_ms,
        )
        if invitation is None:
            return await _gone(tx, chat)
        organiser_id = await organisers.first_organiser(tx)
        if organiser_id is None:
            name = chat.name or await chats.person_name(tx, chat.person_id)
            name = name or self.house.texts.render(words("owner.organiser_name"), chat.language)
            organiser_id = await organisers.make_organiser(
                tx, name=name, owner_id=chat.person_id, now_ms=chat.now_ms
            )
        else:
            await organisers.add_member(tx, organiser_id, chat.person_id, PURPOSE, chat.now_ms)
        await note_of(tx, chat, organiser_id, words("journal.owner_by_link"))
        return Turn((Say(words("owner.welcome"), (create_button(), list_button())),), Then())


async def _gone(tx: Tx, chat: Chat) -> Turn:
    """Explain a used or expired link; to whom it made owner, kindly."""
    if await organisers.organiser_of(tx, chat.person_id) is not None:
        return Turn((Say(words("owner.already"), (create_button(), list_button())),))
    return Turn((Say(words("owner.gone")),))
