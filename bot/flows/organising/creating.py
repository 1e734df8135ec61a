"""Making an event by chat: seven short questions, then the page as buyers will read it.

Answers are kept in the chat's memory until the page is shown; from then on the event is a draft in
the box office, and changing one answer leads straight back to its page.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.flows.house import House
from bot.flows.organising.answers import (
    DESCRIPTION_CHARS_MAX,
    KINDS_MAX,
    TITLE_CHARS_MAX,
    KindLine,
    NotAKind,
    Place,
    clean,
    kind_lines,
    read_age,
    read_kind,
    read_place,
    read_text,
)
from bot.flows.organising.dates import NotWhen, WhyNot, read_when
from bot.flows.organising.draft import Draft, draft_of, new_event, remembered
from bot.flows.organising.editing import menu
from bot.flows.organising.leaving import TAKE_UP, leave, left
from bot.flows.organising.new_questions import (
    QUESTIONS,
    ask,
    asked_on,
    first_question,
    noted_when,
    refuse,
)
from bot.flows.organising.noted_kinds import noted_kinds
from bot.flows.organising.organiser_words import (
    create_button,
    event_run_by,
    foreign,
    list_button,
    reserved,
)
from bot.flows.organising.party_names import read_party
from bot.flows.organising.postering import ask_new, poster_button
from bot.flows.organising.postponing import at_panel
from bot.flows.organising.preview import out_already, show_preview
from boxoffice.model import Event, EventStatus, Naming
from chat.messages import Chat, Choice, Moment, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import REFUSALS, alike, fold
from storage import drafts, events, organisers
from storage.database import Tx
from storage.drafts import NewKind
from storage.ids import to_text

UNKEPT_CHARS_MAX = 60
"""As much of a refused line as is repeated: enough to know it again."""

LINES_MAX = 20
"""Lines of kinds looked at in one message; more than twice what an event may have."""

_DONE = frozenset(
    {"fini", "termine", "ok", "c est bon", "non", "no", "done", "finished"}
    | {"c est tout", "that s all"}
)
"""What people type, folded, instead of pressing the button that ends the list of kinds; its own
words too, typed before it is shown."""


_HOURS = re.compile(r"(?:portes|doors|fin|end)s?\b\D{0,20}\d{1,2} ?(?:h|:|[ap]m)", re.IGNORECASE)
"""The doors or the end, told after the date was noted with the usual ones."""


@dataclass(frozen=True, slots=True)
class Creating:
    """The questions, in order, and the preview."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does, by the first word of its action."""
        return {"new": self.pressed, "edit": self.edit, "keep": self.keep}

    def steps(self) -> Mapping[str, Step]:
        """What free text means, by the question that was asked."""
        return {
            "new.title": self.hear_title,
            "new.when": self.hear_when,
            "new.place": self.hear_place,
            "new.kinds": self.hear_kinds,
            "new.age": self.hear_age,
            "new.naming": self.ask_again,
            "new.description": self.hear_description,
        }

    def number_steps(self) -> frozenset[str]:
        """Where typed words are an answer, and not like a button: a title may be called Retour."""
        return frozenset(self.steps()) - {"new.naming"}

    def commands(self) -> Mapping[str, str]:
        """Folded words that work everywhere, with the action each stands for."""
        return {"creer un evenement": "new", "create an event": "new"}

    # ---- The buttons -------------------------------------------------------------------------

    async def pressed(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Begin (`new`), or take the button of a question: `new:QUESTION:ANSWER`."""
        organiser_id = await organisers.organiser_of(tx, chat.person_id)
        if organiser_id is None:
            return reserved()
        _, _, rest = tap.action.partition(":")
        if not rest:
            return first_question()
        question, _, answer = rest.partition(":")
        if question == TAKE_UP:
            return _old_button() if (kept := left(chat)) is None else ask(*kept)
        if answer == "cancel":
            return leave(chat, question)
        asked = chat.step.removeprefix("new.")
        if not chat.step.startswith("new.") or asked not in QUESTIONS:
            return _old_button()
        draft = remembered(chat)
        if question != asked:
            return ask(asked, draft, words("creating.answered_already"))
        return await self._take(tx, chat, organiser_id, draft, question, answer)

    async def _take(
        self, tx: Tx, chat: Chat, organiser_id: int, draft: Draft, question: str, answer: str
    ) -> Turn:
        match question, answer:
            case _, "back":
                return await self._back(tx, chat, replace(draft, town_asked=False), question)
            case "kinds", "clear":
                return ask("kinds", replace(draft, kinds=(), unkept=()))
            case "kinds", "done":
                if not draft.kinds:
                    return refuse("kinds", draft, words("creating.kinds_first"))
                if draft.unkept:
                    return _ask_unkept(draft)
            case "age", "0" | "18" | "21":
                draft = replace(draft, age_min=int(answer))
            case "naming", Naming.TRANSFERABLE.value | Naming.NOMINATIVE.value:
                draft = replace(draft, naming=answer)
            case "description", "skip":
                draft = replace(draft, description="")
            case _:
                return ask(question, draft)
        return await self._next(tx, chat, organiser_id, draft, question)

    async def _back(self, tx: Tx, chat: Chat, draft: Draft, question: str) -> Turn:
        """Go one question back; from a change, back to the page."""
        if draft.event_id is not None:
            return await show_preview(tx, chat, draft.event_id)
        before = QUESTIONS.index(question) - 1
        return ask(QUESTIONS[max(before, 0)], draft)

    async def _next(
        self, tx: Tx, chat: Chat, organiser_id: int, draft: Draft, question: str, *noted: Words
    ) -> Turn:
        """Ask the next question; after the last, or after a change, show the page."""
        after = QUESTIONS.index(question) + 1
        if draft.event_id is None and after < len(QUESTIONS):
            return ask(QUESTIONS[after], draft, *noted)
        return await self._save(tx, chat, organiser_id, draft)

    # ---- The questions -----------------------------------------------------------------------

    async def hear_title(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the title."""
        title = clean(text.text)
        draft = remembered(chat)
        if fold(title) in REFUSALS:
            return asked_on(chat)
        if not any(char.isalnum() for char in title):
            return refuse("title", draft, words("creating.title_empty"))
        if len(title) > TITLE_CHARS_MAX:
            note = words("creating.title_long", most=TITLE_CHARS_MAX, length=len(title))
            return refuse("title", draft, note)
        return await self._answered(tx, chat, replace(draft, title=title), "title")

    async def hear_when(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the date and hour, and say in words what was understood."""
        draft, zone = remembered(chat), self.house.zone
        said = clean(text.text)
        when = read_when(said, ZoneInfo(zone), chat.now_ms)
        why = when.why if isinstance(when, NotWhen) else None
        if why is WhyNot.NO_HOUR:
            draft = replace(draft, day_said=said)
        elif why is WhyNot.UNREADABLE and draft.day_said:
            return _misread(draft, "hour_unread")
        elif why is WhyNot.NO_DAY and draft.day_said:
            when = read_when(f"{draft.day_said} {said}", ZoneInfo(zone), chat.now_ms)
        if isinstance(when, NotWhen) and when.why is WhyNot.UNREADABLE:
            return _misread(draft, "unreadable")
        if isinstance(when, NotWhen):
            at = Moment(when.at_ms if when.at_ms is not None else chat.now_ms, zone)
            return refuse("when", draft, words(f"creating.when_{when.why.value}", at=at))
        draft = replace(
            draft, starts_ms=when.starts_ms, ends_ms=when.ends_ms, day_said="", misread=0
        )
        return await self._answered(tx, chat, draft, "when", noted_when(when, zone))

    async def hear_place(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the venue and the city."""
        draft = remembered(chat)
        place = read_place(text.text)
        if place is None:
            return refuse("place", draft, words("creating.place_refused"))
        if _HOURS.match(text.text.strip()):
            return refuse("place", draft, words("creating.place_is_hours"))
        when = read_when(clean(text.text), ZoneInfo(self.house.zone), chat.now_ms)
        if not isinstance(when, NotWhen) or when.why is not WhyNot.UNREADABLE:
            return refuse("place", draft, words("creating.place_is_date"))
        if not place.city and draft.town_asked:
            place = Place(draft.venue, place.venue)
        if not place.city:
            # Buyers look for a town: an event without one would not be found there.
            draft = replace(draft, venue=place.venue, city="", town_asked=True)
            return refuse("place", draft, words("creating.ask_town", venue=place.venue))
        draft = replace(draft, venue=place.venue, city=place.city, town_asked=False)
        return await self._answered(tx, chat, draft, "place")

    async def hear_kinds(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take kinds, several at once, a line each; the same name again replaces it."""
        draft = remembered(chat)
        if fold(text.text) in _DONE and draft.kinds:
            if draft.unkept:
                return _ask_unkept(draft)
            return await self._answered(tx, chat, draft, "kinds")
        kinds = {fold(kind[0]): kind for kind in draft.kinds}
        refused: list[Words] = []
        unkept: list[str] = []
        for line in kind_lines(text.text, self.house.currency)[:LINES_MAX]:
            match read_kind(line, self.house.currency):
                case NotAKind(said, why):
                    refused.append(words(f"creating.kind_{why.value}", line=said))
                    unkept.append(said[:UNKEPT_CHARS_MAX])
                case KindLine(name, price, quota):
                    known = kinds.get(fold(name))
                    party = known[3] if known else read_party(name)
                    kinds[fold(name)] = (name, price.amount_minor, quota, party)
        if len(kinds) > KINDS_MAX:
            return self._ask_kinds(draft, words("creating.kinds_many", most=KINDS_MAX))
        before = [line for line in draft.unkept if not _is_done_with(line, kinds)]
        draft = replace(draft, kinds=tuple(kinds.values()), unkept=(*before, *unkept)[-LINES_MAX:])
        return self._ask_kinds(draft, *refused)

    def _ask_kinds(self, draft: Draft, *refused: Words) -> Turn:
        head = noted_kinds(draft, self.house.currency)
        if refused:
            return refuse("kinds", draft, *head, *refused)
        return ask("kinds", draft, *head)

    async def hear_age(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a minimum age."""
        age = read_age(text.text)
        draft = remembered(chat)
        if age is None:
            return refuse("age", draft, words("creating.age_refused"))
        return await self._answered(tx, chat, replace(draft, age_min=age), "age")

    async def hear_description(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take a description."""
        draft = remembered(chat)
        description = read_text(text.text)
        if len(description) > DESCRIPTION_CHARS_MAX:
            note = words(
                "creating.description_long", most=DESCRIPTION_CHARS_MAX, length=len(description)
            )
            return refuse("description", draft, note)
        return await self._answered(
            tx, chat, replace(draft, description=description), "description"
        )

    async def ask_again(self, tx: Tx, chat: Chat, _text: Text) -> Turn:
        """Ask a question again that only its buttons answer."""
        if await organisers.organiser_of(tx, chat.person_id) is None:
            return reserved()
        question = chat.step.removeprefix("new.")
        return ask(question, remembered(chat), words("creating.choose"))

    async def _answered(
        self, tx: Tx, chat: Chat, draft: Draft, question: str, *noted: Words
    ) -> Turn:
        organiser_id = await organisers.organiser_of(tx, chat.person_id)
        if organiser_id is None:
            return reserved()
        return await self._next(tx, chat, organiser_id, draft, question, *noted)

    # ---- The page ----------------------------------------------------------------------------

    async def _save(self, tx: Tx, chat: Chat, organiser_id: int, draft: Draft) -> Turn:
        """Keep the answers as a draft of the box office and show it as buyers will read it."""
        new = new_event(self.house, draft, organiser_id)
        event_id = draft.event_id
        is_new = event_id is None
        if event_id is None:
            event_id = await drafts.create_event(tx, new, chat.now_ms)
        else:
            event = await event_run_by(tx, chat, f":{to_text(event_id)}")
            if event is None:
                return await foreign(tx, chat)
            if not await drafts.change_draft(tx, event_id, new):
                return _too_late_to_change(event)
        for name, price_minor, quota, party in draft.kinds:
            kind = NewKind(
                name=name,
                price_minor=price_minor,
                quota=quota,
                valid_from_ms=new.doors_ms,
                valid_until_ms=new.ends_ms,
                party_size=party,
            )
            await drafts.add_kind(tx, event_id, kind, chat.now_ms)
        await drafts.settle_entry(tx, event_id)
        if is_new:
            return ask_new(event_id, draft.title)
        return await show_preview(tx, chat, event_id)

    async def keep(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Say where a draft is found again, `keep:ID`; of an event that is none, how it stands."""
        event = await event_run_by(tx, chat, tap.action)
        if event is None:
            return await foreign(tx, chat)
        if event.status is not EventStatus.DRAFT:
            return await out_already(tx, chat, event)
        publish = Choice(words("organising.publish"), f"pub:{to_text(event.id)}")
        said = words("creating.kept", title=event.title)
        return Turn((Say(said, (publish, list_button())),), Then())

    async def edit(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Offer what to change of a draft, `edit:ID`, or ask it again, `edit:ID:QUESTION`."""
        verb, _, rest = tap.action.partition(":")
        id_text, _, question = rest.partition(":")
        event = await event_run_by(tx, chat, f"{verb}:{id_text}")
        if event is None:
            return await foreign(tx, chat)
        if event.status is not EventStatus.DRAFT:
            return menu(event)
        if question in QUESTIONS:
            draft = draft_of(event, await events.kinds_of(tx, event.id))
            return self._ask_kinds(draft) if question == "kinds" else ask(question, draft)
        choices = tuple(
            Choice(words(f"creating.change_{one}"), f"edit:{id_text}:{one}") for one in QUESTIONS
        )
        more = Choice(words("creating.change_more"), f"ch:{id_text}")
        refund = Choice(words("creating.change_refund"), f"ch:{id_text}:refund")
        choices = (*choices, poster_button(event), refund, more)
        say = Say(words("creating.change_what", title=event.title), choices)
        return Turn((say,), at_panel(event))


def _misread(draft: Draft, why: str) -> Turn:
    """Say that a time was not understood, with other examples every second time."""
    key = f"creating.when_{why}_again" if draft.misread % 2 else f"creating.when_{why}"
    return refuse("when", replace(draft, misread=draft.misread + 1), words(key))


def _is_done_with(line: str, kinds: Iterable[str]) -> bool:
    """Say whether a line that was refused is done with: it named no kind, or one noted since."""
    first, _, _ = fold(line).partition(" ")
    is_named = any(char.isalpha() for char in first) and any(char.isdigit() for char in line)
    return not is_named or any(alike(first, name.partition(" ")[0]) for name in kinds)


def _ask_unkept(draft: Draft) -> Turn:
    """Name the lines that were not understood before the kinds end; asked again, they do."""
    lines = [words("creating.kind_unkept", line=line) for line in draft.unkept]
    ask_anew = words("creating.kinds_unkept", n=len(lines))
    return refuse("kinds", replace(draft, unkept=()), *lines, ask_anew)


def _too_late_to_change(event: Event) -> Turn:
    """Lead to the other way of changing, a field at a time with its effect."""
    change = Choice(words("organising.change"), f"ch:{to_text(event.id)}")
    return Turn((Say(words("creating.too_late_to_change", title=event.title), (change,)),), Then())


def _old_button() -> Turn:
    return Turn((Say(words("creating.old_button"), (create_button(), list_button())),))
