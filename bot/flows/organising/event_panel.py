"""What an organiser sees of an event: how it sells and what can be done; and the list of all."""

from collections import Counter
from collections.abc import Sequence

from bot.flows.choices import all_events
from bot.flows.organising.organiser_words import (
    create_button,
    event_run_by,
    in_lines,
    invited_line,
    list_button,
    reserved,
    short_title,
    state_words,
)
from boxoffice.model import Event, SaleState
from boxoffice.money import Money
from chat.messages import Chat, Choice, Link, Moment, Say, Tap, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import catalogue, organisers, waiting
from storage.catalogue import LISTED_MAX, Offer
from storage.database import Tx
from storage.ids import to_text
from storage.organisers import KindSales

PANEL = "panel"
"""What a chat remembers of the event whose sales it looked at last, for `jauge VIP 350`."""

SEARCHED_MAX = 200
"""Events of one organiser looked through by a typed title; the soonest ones."""


async def panel(
    tx: Tx, chat: Chat, event: Event, *notes: Words, first: tuple[Choice, ...] = ()
) -> Turn:
    """Say how an event sells, under what has just been done to it; `first` undoes that."""
    lines = await organisers.sales_of(tx, event.id)
    waits = await waiting.lines_of(tx, event.id)
    money = Money(sum(line.money_minor for line in lines), event.currency)
    state = event.sale_state(chat.now_ms)
    is_taken = any(line.sold or line.invited or line.held for line in lines)
    said = words(
        "organising.panel",
        title=event.title,
        starts=Moment(event.starts_ms, event.zone),
        status=state_words(event, state),
        kinds=tuple(_kind_line(line, event.currency) for line in lines)
        + tuple(
            words("waiting.panel_line", kind=one.kind, n=one.people, places=one.places)
            for one in waits
        ),
        sold=sum(line.sold for line in lines),
        quota=sum(line.quota for line in lines),
        money=money,
    )
    total = invited_line(sum(line.invited for line in lines)) if len(lines) > 1 else ()
    # A list on a small screen holds ten: while a change can be undone, the door waits its turn.
    live = () if first else (live_button(event),)
    choices = _choices(event, state, is_taken=is_taken, live=live)
    say = Say(in_lines(*notes, said, *total), (*first, *choices))
    return Turn((say,), Then("", {PANEL: to_text(event.id)}))


def _kind_line(line: KindSales, currency: str) -> Words:
    said = words(
        "organising.kind_sales",
        kind=line.name,
        sold=line.sold,
        quota=line.quota,
        held=line.held,
        n=line.scanned,
        money=Money(line.money_minor, currency),
    )
    return in_lines(said, *invited_line(line.invited))


def still(chat: Chat, step: str = "") -> Then:
    """Go on to something else with the event that was in hand, if one was."""
    in_hand = chat.memory.get(PANEL)
    return Then(step, {PANEL: in_hand} if isinstance(in_hand, str) else {})


def event_list(found: Sequence[Offer], head: Words, verb: str = "sales") -> Turn:
    """List an organiser's events under a sentence, a button each that leads to `verb:EVENT`."""
    lines = tuple(
        words(
            "organising.event_line",
            title=offer.event.title,
            starts=Moment(offer.event.starts_ms, offer.event.zone),
            status=state_words(offer.event, offer.state),
            taken=offer.quota - offer.left,
            quota=offer.quota,
        )
        for offer in found[:LISTED_MAX]
    )
    titles = Counter(fold(offer.event.title) for offer in found)
    more = (words("organising.more"),) if len(found) > LISTED_MAX else ()
    buttons = tuple(
        Choice(
            event_label(offer.event, dated=titles[fold(offer.event.title)] > 1),
            f"{verb}:{to_text(offer.event.id)}",
        )
        for offer in found[:LISTED_MAX]
    )
    say = Say(in_lines(head, *lines, *more), (*buttons, create_button(), all_events()))
    return Turn((say,), Then("organising.list" if found else ""))


def event_label(event: Event, *, dated: bool) -> Words:
    """Name an event on a button; the day stands first where another has its title."""
    title = short_title(event.title)
    if not dated:
        return words("organising.event_button", title=title)
    day = Moment(event.starts_ms, event.zone)
    return words("organising.event_button_dated", title=title, day=day)


async def events_of(tx: Tx, chat: Chat) -> list[Offer]:
    """Read the events a person runs."""
    return await catalogue.events_of_organisers(
        tx, chat.person_id, now_ms=chat.now_ms, limit=SEARCHED_MAX
    )


async def choose_event(tx: Tx, chat: Chat, verb: str, step: Step) -> Turn:
    """Take a command that names no event: for the one in hand, else for one of a list."""
    if await organisers.organiser_of(tx, chat.person_id) is None:
        return reserved()
    event = await event_in_hand(tx, chat)
    if event is not None:
        return await step(tx, chat, Tap(f"{verb}:{to_text(event.id)}"))
    found = await events_of(tx, chat)
    return event_list(found, words("organising.which" if found else "organising.none_yet"), verb)


async def event_in_hand(tx: Tx, chat: Chat) -> Event | None:
    """Find the event typed words are about: the open question's, the last seen, or the only one."""
    changed = chat.memory.get("event_id")  # a draft, one of whose first questions is asked again
    changed = to_text(changed) if isinstance(changed, int) else None
    for looked_at in (chat.memory.get("event"), changed, chat.memory.get(PANEL)):
        if not isinstance(looked_at, str):
            continue
        event = await event_run_by(tx, chat, f":{looked_at}")
        if event is not None:
            return event
    found = await events_of(tx, chat)
    return found[0].event if len(found) == 1 else None


def _choices(
    event: Event, state: SaleState, *, is_taken: bool, live: tuple[Choice, ...]
) -> tuple[Choice | Link, ...]:
    event_id = to_text(event.id)
    refresh = Choice(words("organising.refresh"), f"sales:{event_id}")
    look = Choice(words("organising.look"), f"look:{event_id}")
    tools = Choice(words("tools.label"), f"tools:{event_id}")
    match state:
        case SaleState.DRAFT:
            return (
                Choice(words("organising.publish"), f"pub:{event_id}"),
                Choice(words("organising.change"), f"edit:{event_id}"),
                rules_button(event),
                look,
                Choice(words("organising.drop"), f"drop:{event_id}"),
                list_button(),
            )
        case SaleState.CANCELLED:
            replies = Choice(words("announcing.replies"), f"replies:{event_id}")
            return (refresh, replies, clone_button(event), tools, list_button())
        case SaleState.OVER:
            return (refresh, clone_button(event), look, tools, list_button())
    return (
        refresh,
        *live,
        Choice(words("organising.change"), f"ch:{event_id}"),
        invite_button(event),
        Choice(words("organising.change_quota"), f"quota:{event_id}"),
        *_stopping(event_id, state, is_taken=is_taken),
        rules_button(event),
        look,
        tools,
        list_button(),
    )


def _stopping(event_id: str, state: SaleState, *, is_taken: bool) -> tuple[Choice, ...]:
    """Offer what can be done with the sale as it stands: take it back, stop it, go on with it."""
    match state:
        case SaleState.HALTED | SaleState.CLOSED:
            return (Choice(words("publishing.resume"), f"halt:{event_id}:no"),)
        case SaleState.OPEN | SaleState.NOT_YET if is_taken:
            return (Choice(words("publishing.halt"), f"halt:{event_id}"),)
        case SaleState.OPEN | SaleState.NOT_YET:
            return (Choice(words("organising.unpublish"), f"unpub:{event_id}"),)
    return ()


def clone_button(event: Event) -> Choice:
    """Lead to making an event again at another date."""
    return Choice(words("cloning.label"), f"clone:{to_text(event.id)}")


def live_button(event: Event) -> Choice:
    """Lead to the door as it is now."""
    return Choice(words("live.label"), f"live:{to_text(event.id)}")


def sales_button(event: Event) -> Choice:
    """Lead to how an event sells."""
    return Choice(words("organising.sales"), f"sales:{to_text(event.id)}")


def invite_button(event: Event) -> Choice:
    """Lead to inviting somebody to the gate."""
    return Choice(words("organising.invite"), f"invite:{to_text(event.id)}")


def rules_button(event: Event) -> Choice:
    """Lead to the rules of an event."""
    return Choice(words("ruling.label"), f"rules:{to_text(event.id)}")
