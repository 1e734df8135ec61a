"""Papers and pictures about an event: the closing report, and the card to share."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.event_panel import choose_event, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign
from bot.flows.team.noting import note
from boxoffice.model import EventStatus
from chat.messages import Chat, Choice, Say, Tap, Text, Turn, words
from chat.talk import Step
from chat.understanding import fold
from storage import catalogue, events
from storage.database import Tx
from storage.ids import from_text, to_text


@dataclass(frozen=True, slots=True)
class Reporting:
    """Asking for them."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"closing": self.closing, "card": self.card}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        reports = dict.fromkeys(("bilan", "closing report", "report"), "closing")
        return reports | dict.fromkeys(
            ("affiche", "affiche a partager", "carte", "partager", "share card"), "card"
        )

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them: `partager jazz`, by anybody."""
        return dict.fromkeys(("partager", "share"), self.hear_card)

    async def closing(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send the closing report: `closing:EVENT`; before the end it says how things stand."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "closing", self.closing)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        key = "closing.file" if chat.now_ms >= event.ends_ms else "closing.file_early"
        await note(tx, chat, event, "closing")
        say = Say(
            words(key, title=event.title),
            (sales_button(event),),
            file=f"closing:{to_text(event.id)}",
            instead=words("closing.not_here"),
        )
        return Turn((say,))

    async def card(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send the card to pass on: `card:EVENT`, for anybody once the event is published."""
        if ":" not in tap.action:
            shown = chat.memory.get("event")
            if isinstance(shown, int):
                return await self.card(tx, chat, Tap(f"card:{to_text(shown)}"))
            return await choose_event(tx, chat, "card", self.card)
        event_id = from_text(tap.action.partition(":")[2])
        event = await events.event_by_id(tx, event_id) if event_id is not None else None
        if event is None or event.status is not EventStatus.PUBLISHED:
            if event is not None and await event_run_by(tx, chat, tap.action) is not None:
                publish = Choice(words("organising.publish"), f"pub:{to_text(event.id)}")
                return Turn((Say(words("card.draft"), (publish, sales_button(event))),))
            return Turn((Say(words("card.none")),))
        page = Choice(words("editing.told_page"), f"event:{to_text(event.id)}")
        said = words("card.caption", title=event.title)
        picture = f"card:{to_text(event.id)}:{chat.channel}"
        return Turn((Say(said, (page,), picture=picture, instead=said),))

    async def hear_card(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `partager jazz`: the one event of that name that is on sale."""
        wanted = fold(text.text).partition(" ")[2]
        found = await catalogue.offers(tx, now_ms=chat.now_ms, found=wanted, limit=2)
        if not wanted or len(found) != 1:
            return Turn((Say(words("card.none")),))
        return await self.card(tx, chat, Tap(f"card:{to_text(found[0].event.id)}"))
