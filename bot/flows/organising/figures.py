"""How an event sells, in numbers and as a picture: by kind, by way of paying, day by day."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.money.till_words import provider_words
from bot.flows.organising.announcing import announcing_choices
from bot.flows.organising.event_panel import choose_event, clone_button, events_of, sales_button
from bot.flows.organising.organiser_words import (
    event_run_by,
    foreign,
    in_lines,
    invited_line,
    reserved,
)
from bot.flows.organising.postponing import at_panel
from boxoffice.model import Event
from boxoffice.money import Money
from chat.messages import Chat, Choice, Say, Tap, Text, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import announcements, ledger, organisers
from storage.database import Tx
from storage.ids import to_text

FIGURES = ("chiffres", "figures", "statistiques", "stats")


@dataclass(frozen=True, slots=True)
class Figures:
    """Showing them."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"figures": self.show, "tools": self.tools}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return dict.fromkeys(FIGURES, "figures")

    def openings(self) -> Mapping[str, Step]:
        """What typed words mean by the first of them: `chiffres nuit du jazz`."""
        return dict.fromkeys(FIGURES, self.hear)

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take `chiffres nuit du jazz`: the event of that name, or a question which."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        wanted = fold(text.text).partition(" ")[2]
        found = [one.event for one in await events_of(tx, chat) if wanted in fold(one.event.title)]
        action = f"figures:{to_text(found[0].id)}" if len(found) == 1 else "figures"
        return await self.show(tx, chat, Tap(action))

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say the numbers under the picture: `figures:EVENT`."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "figures", self.show)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        said = await _numbers(tx, event)
        event_id = to_text(event.id)
        choices = (
            Choice(words("organising.refresh"), f"figures:{event_id}"),
            Choice(words("guests.label"), f"guests:{event_id}"),
            sales_button(event),
        )
        say = Say(said, choices, picture=f"salespic:{event_id}", instead=said)
        return Turn((say,), at_panel(event))

    async def tools(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show what else can be done: `tools:EVENT`; what is done rarely: `tools:EVENT:more`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        if tap.action.endswith(":more"):
            announced = await announcements.newest(tx, event.id)
            choices = _rare_tools(event, has_replies=announced is not None)
        else:
            choices = _tools(event)
        return Turn((Say(words("tools.head", title=event.title), choices),), at_panel(event))


def _tools(event: Event) -> tuple[Choice, ...]:
    """What is used every week: a list on a small screen holds ten buttons."""
    event_id = to_text(event.id)
    return (
        Choice(words("figures.label"), f"figures:{event_id}"),
        Choice(words("guests.label"), f"guests:{event_id}"),
        Choice(words("desk.label"), "desk"),
        Choice(words("accounts.label"), f"money:{event_id}"),
        Choice(words("codes.label"), f"codes:{event_id}"),
        Choice(words("casting.label"), f"cast:{event_id}"),
        Choice(words("card.label"), f"card:{event_id}"),
        Choice(words("team.label"), "team"),
        Choice(words("tools.more"), f"tools:{event_id}:more"),
        sales_button(event),
    )


def _rare_tools(event: Event, *, has_replies: bool) -> tuple[Choice, ...]:
    event_id = to_text(event.id)
    return (
        Choice(words("accounts.gifts"), f"gift:{event_id}"),
        Choice(words("closing.label"), f"closing:{event_id}"),
        Choice(words("journaling.label"), f"journal:{event_id}"),
        *announcing_choices(event, has_replies=has_replies),
        clone_button(event),
        Choice(words("organising.back"), f"tools:{event_id}"),
        sales_button(event),
    )


async def _numbers(tx: Tx, event: Event) -> Words:
    lines = await organisers.sales_of(tx, event.id)
    kinds = tuple(
        in_lines(
            words(
                "figures.kind",
                kind=one.name,
                n=one.sold,
                quota=one.quota,
                money=Money(one.money_minor, event.currency),
            ),
            *invited_line(one.invited),
        )
        for one in lines
    )
    total = Money(sum(one.money_minor for one in lines), event.currency)
    head = words("figures.head", title=event.title, n=sum(one.sold for one in lines), money=total)
    given = invited_line(sum(one.invited for one in lines)) if len(lines) > 1 else ()
    return in_lines(head, *given, *kinds, *await _by_provider(tx, event))


async def _by_provider(tx: Tx, event: Event) -> tuple[Words, ...]:
    """Say where the money lies: the organiser's, waiting for a decision, on its way back."""
    sums = await ledger.balances(tx, event_id=event.id)
    kept = await ledger.kept_of_event(tx, event.id)
    places = sorted({(provider, currency) for provider, currency, _ in sums})
    lines = []
    for provider, currency in places:
        mine, waiting, owed = (
            Money(sums.get((provider, currency, account), 0), currency)
            for account in ("organiser", "review", "refunds")
        )
        lines.append(words("figures.provider", provider=provider_words(provider), money=mine))
        if part := kept.get((provider, currency)):
            lines.append(words("figures.kept", money=Money(part, currency)))
        if waiting.amount_minor:
            lines.append(words("figures.waiting", money=waiting))
        if owed.amount_minor:
            lines.append(words("figures.owed", money=owed))
    return (words("figures.by_provider"), *lines) if lines else ()
