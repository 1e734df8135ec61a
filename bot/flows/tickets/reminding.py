"""Reminders before an event: keep the image or print now, with the buttons to do both.

They go straight to the outbox, hundreds in one transaction, because ten thousand turns of their
own would keep a gate waiting; what they say is the same for everybody but the ids of its buttons.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.flows import approved
from bot.flows.event_words import place_words, when_words
from bot.flows.tickets.keeping import keep_choices, print_choice
from boxoffice import rules
from boxoffice.model import Event
from chat import codec
from chat.messages import Choice, Say, Words, words
from storage import events, reminders
from storage.database import Database, Tx
from storage.ids import to_text
from storage.reminders import Reminded, What

BATCH_MAX = 50
"""People queued in one transaction: a few milliseconds of the writer, so a scan never waits."""

LOOK_AHEAD_MS = (rules.PRINT_DAYS_BEFORE + 2) * rules.DAY_MS
"""Events farther away have nobody to remind yet."""

NOBODY = Reminded(0, 0, ticket_id=(1 << 62) + 1, order_id=(1 << 62) + 2)
"""Ids no row has: the places of a person's own in a message written for everybody."""

_DAYS: dict[What, int] = {"print": rules.PRINT_DAYS_BEFORE, "eve": rules.EVE_DAYS_BEFORE}


@dataclass(frozen=True, slots=True)
class Reminding:
    """The chore that reminds ticket holders; safe to run twice and on several processes."""

    database: Database

    async def remind(self, now_ms: int) -> int:
        """Queue every reminder that is due, at a pace; answers how many."""
        count, due_ms = 0, now_ms
        coming = await self.database.read(
            reminders.coming, now_ms=now_ms, until_ms=now_ms + LOOK_AHEAD_MS
        )
        for event_id, starts_ms, zone in coming:
            for what, days in _DAYS.items():
                remind_ms = rules.remind_ms(starts_ms, ZoneInfo(zone), days)
                if now_ms < remind_ms:
                    continue
                after: int | None = 0
                while after is not None:
                    queued, due_ms, after = await self.database.write(
                        remind_some,
                        event_id,
                        what,
                        after=after,
                        remind_ms=remind_ms,
                        first_due_ms=due_ms,
                        now_ms=now_ms,
                    )
                    count += queued
        return count


async def remind_some(
    tx: Tx,
    event_id: int,
    what: What,
    *,
    after: int,
    remind_ms: int,
    first_due_ms: int,
    now_ms: int,
) -> tuple[int, int, int | None]:
    """Queue the next reminders of an event.

    Answers how many, when the next may be due, and after whom the next batch begins.
    """
    event = await events.event_by_id(tx, event_id)
    people, last = await reminders.take(
        tx, event_id, what, after=after, due_ms=remind_ms, now_ms=now_ms, limit=BATCH_MAX
    )
    if event is None:
        return 0, first_due_ms, None
    # Written once, with the ids of nobody, which then become each person's: codes of base32 that
    # need no escape and stand nowhere else in it.
    choices = _choices(event, NOBODY)
    say = codec.to_json(Say(_words(event, what), choices, template=approved.reminder(event)))
    offered = codec.to_json(list(choices))
    order, ticket = to_text(NOBODY.order_id), to_text(NOBODY.ticket_id)

    def payload(person: Reminded) -> tuple[str, str]:
        own_order = f"tickets:{to_text(person.order_id)}"
        own_ticket = f"print:{to_text(person.ticket_id)}"
        one, other = (
            text.replace(f"tickets:{order}", own_order).replace(f"print:{ticket}", own_ticket)
            for text in (say, offered)
        )
        return one, other

    due_ms = await reminders.queue(tx, people, payload, first_due_ms=first_due_ms, now_ms=now_ms)
    return len(people), due_ms, last


def _words(event: Event, what: What) -> Words:
    when = when_words(event)
    if what == "print":
        return words("keeping.print_soon", title=event.title, when=when)
    return words("keeping.eve", title=event.title, when=when, place=place_words(event))


def _choices(event: Event, person: Reminded) -> tuple[Choice, ...]:
    see = Choice(words("keeping.see"), f"tickets:{to_text(person.order_id)}")
    return (see, print_choice(person.ticket_id), *keep_choices(event))
