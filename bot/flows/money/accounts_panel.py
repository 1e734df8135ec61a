"""The money of an event, by provider: what came in, what left, what remains; and its statement."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.money.till_words import provider_words
from bot.flows.organising.event_panel import choose_event, sales_button
from bot.flows.organising.organiser_words import event_run_by, foreign, invited_line
from bot.flows.team.noting import note
from boxoffice.model import Event
from boxoffice.money import Money
from chat.messages import Chat, Choice, Say, Tap, Then, Turn, Words, words
from chat.talk import Step
from storage import fees, organisers, statements
from storage.database import Tx
from storage.ids import to_text

FORMS = ("xlsx", "csv")


@dataclass(frozen=True, slots=True)
class AccountsPanel:
    """What an organiser asks about an event's money."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"money": self.show, "statement": self.send}

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return dict.fromkeys(("argent", "comptes", "releve", "money", "accounts"), "money")

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show an event's money: `money:EVENT`."""
        if ":" not in tap.action:
            return await choose_event(tx, chat, "money", self.show)
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        flows = await statements.flows_of_event(tx, event.id)
        lines = tuple(_lines(provider, currency, sums) for provider, currency, sums in flows)
        kinds = await organisers.sales_of(tx, event.id)
        extra = [*invited_line(sum(one.invited for one in kinds))]
        fee = await fees.fee_for(tx, event.organiser_id, event.currency)
        if fee.amount_minor:
            extra.append(words("accounts.fee", fee=fee))
        head = words("accounts.head" if lines else "accounts.none", title=event.title)
        said = words("counter.lines", lines=(head, *lines, *extra))
        return Turn((Say(said, _choices(event)),), Then("", {"panel": to_text(event.id)}))

    async def send(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Send the statement: `statement:EVENT:xlsx`."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat, tap.action)
        form = tap.action.rpartition(":")[2]
        if form not in FORMS:
            return await self.show(tx, chat, Tap(f"money:{to_text(event.id)}"))
        await note(tx, chat, event, "statement", form=form.upper())
        said = Say(
            words("accounts.statement", title=event.title),
            file=f"statement:{to_text(event.id)}:{form}",
            instead=words("accounts.statement_not_here", title=event.title),
        )
        return Turn((said,))


def _lines(provider: str, currency: str, sums: dict[str, int]) -> Words:
    """One provider, as the closing report says it too."""
    said = tuple(
        words("accounts.line", what=words(f"accounts.{name}"), money=Money(minor, currency))
        for name, minor in statements.said_of(sums)
    )
    return words("accounts.provider", provider=provider_words(provider), lines=said)


def _choices(event: Event) -> tuple[Choice, ...]:
    event_id = to_text(event.id)
    files = tuple(
        Choice(words(f"guests.label_{form}"), f"statement:{event_id}:{form}") for form in FORMS
    )
    return (
        *files,
        Choice(words("accounts.payout_button"), "payouts"),
        Choice(words("accounts.tills"), f"till:{event_id}"),
        Choice(words("accounts.sellers"), f"sellers:{event_id}"),
        Choice(words("accounts.gifts"), f"gift:{event_id}"),
        Choice(words("accounts.legal"), "legal"),
        sales_button(event),
    )
