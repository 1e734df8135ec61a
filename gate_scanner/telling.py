"""What the gate says: an answer becomes words understood at arm's length, in noise and dark.

Light, verdict in capitals, kind and holder, then what happened and what to do. Several codes in one
photo become one line each and a total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from boxoffice.admission import Passage
from boxoffice.rules import EVENT_DAY_TURNS_AT_HOUR, HOUR_MS, event_day
from boxoffice.scan_facts import Direction
from boxoffice.verdicts import Verdict
from chat.messages import Choice, Moment, Say, Span, Words, words
from gate_scanner.judging import Answer
from gate_scanner.tally import NOTHING, Tally
from storage.ids import to_text
from storage.scans import Story

_KNOWN_FAULTS = frozenset(
    {
        "not_fetched",
        "not_an_image",
        "too_large",
        "incomplete",
        "dark",
        "blurred",
        "too_small",
        "cut",
        "damaged",
    }
)


@dataclass(frozen=True, slots=True)
class Parts:
    """One answer in its parts, for a screen that sets them apart."""

    title: Words
    who: tuple[Words, ...]
    happened: tuple[Words, ...]
    what_to_do: Words


def parts(answer: Answer, now_ms: int, *, fault: str | None = None) -> Parts:
    """Tell the answer to one code, part by part."""
    happened = _what_happened(answer, now_ms)
    if answer.verdict is Verdict.UNREADABLE:
        happened.append(words(f"fault.{fault if fault in _KNOWN_FAULTS else 'none'}"))
    return Parts(
        _title(answer),
        tuple(_who(answer)),
        tuple(happened),
        _what_to_do(answer, fault),
    )


def tell_one(
    answer: Answer, now_ms: int, *, fault: str | None = None, more: tuple[Choice, ...] = ()
) -> Say:
    """Tell the answer to one code; `more` is offered after the questions it asks."""
    lines = [_headline(answer), *_who(answer), *_what_happened(answer, now_ms)]
    if answer.verdict is Verdict.UNREADABLE:
        lines.append(words(f"fault.{fault if fault in _KNOWN_FAULTS else 'none'}"))
    lines.append(_what_to_do(answer, fault))
    return Say(words("lines", lines=tuple(lines)), _questions([answer], now_ms) + more)


def tell_many(
    answers: Sequence[Answer],
    now_ms: int,
    *,
    left_over: int = 0,
    without: int = 0,
    before: Tally = NOTHING,
) -> Say:
    """Tell the answers to several codes, a line each in the order of the photo, and their total.

    The total counts what was told `before` of the same album too.
    """
    lines = [
        _short_line(rank, answer, now_ms)
        for rank, answer in enumerate(answers, start=before.codes + 1)
    ]
    total = before.plus(answers)
    lines.append(words("total", codes=total.codes, admitted=total.admitted))
    if without:
        lines.append(words("without_ticket", n=without))
    if left_over:
        lines.append(words("left_over", n=left_over))
    return Say(words("lines", lines=tuple(lines)), _questions(answers, now_ms))


def tell_alarm(gate: str) -> Say:
    """Tell a supervisor that somebody shows a forged code."""
    return Say(words("alarm.forged", gate=gate))


def _headline(answer: Answer) -> Words:
    return words(f"headline.{answer.verdict.light}", verdict=_title(answer))


def _title(answer: Answer) -> Words:
    """Name the answer: an admission says which way the person went."""
    passage = answer.judgement.passage
    if answer.verdict is Verdict.ADMITTED and passage in {Passage.EXIT, Passage.REENTRY}:
        return words(f"title.{passage}")
    return words(f"title.{_said(answer)}")


def _said(answer: Answer) -> str:
    """Name an answer's words: where the gate leads out nobody comes in, and one is no party.

    A slip of the hand is no stranger's QR.
    """
    if answer.mistyped and answer.verdict is Verdict.NOT_A_TICKET:
        return "mistyped"
    is_out = answer.door is not None and answer.door.direction is Direction.OUT
    if answer.verdict is Verdict.REPLAY and is_out:
        return "replay.out"
    if answer.verdict is Verdict.PARTY_EXHAUSTED and answer.judgement.party_size == 1:
        return Verdict.ALREADY_USED
    return answer.verdict


def _who(answer: Answer) -> list[Words]:
    """Name the kind and the holder, where this person may know them."""
    story = answer.story
    if story is None:
        return []
    kind = story.kind if story.place is None else f"{story.kind} · {story.place}"
    if story.holder:
        return [words("kind.holder", kind=kind, holder=story.holder)]
    return [words("kind", kind=kind)]


def _what_happened(answer: Answer, now_ms: int) -> list[Words]:
    """Tell when, where and how long ago, or for which day and gate the ticket is."""
    story = answer.story
    if answer.verdict is Verdict.STAFF_NOT_ALLOWED and answer.door and answer.door.shift:
        begins, ends = (Moment(at_ms, answer.door.zone) for at_ms in answer.door.shift)
        return [words("shift.yours", begins=begins, ends=ends)]
    if story is None:
        return []
    if answer.verdict in _COUNTED:
        return _last_time(answer, story, now_ms)
    told = _when_or_where(answer, story, now_ms)
    return [*([told] if told else []), *_note(story)]


def _when_or_where(answer: Answer, story: Story, now_ms: int) -> Words | None:
    match answer.verdict:
        case Verdict.ALREADY_USED if story.scanned_ms is not None:
            return _first_scan(answer.verdict, story, story.scanned_ms, now_ms)
        case Verdict.REPLAY if story.passed_ms is not None:
            return words("story.replay", ago=Span(max(0, now_ms - story.passed_ms)))
        case Verdict.TOO_EARLY | Verdict.TOO_LATE | Verdict.WRONG_DAY:
            return _its_hours(answer.verdict, story, now_ms)
        case Verdict.WRONG_GATE if story.gates:
            return words("story.wrong_gate", gates=", ".join(story.gates))
        case Verdict.WRONG_EVENT if story.event_title is not None:
            return words("story.wrong_event", event=story.event_title)
        case Verdict.REVOKED | Verdict.CANCELLED | Verdict.REFUNDED | Verdict.BLOCKED:
            return words("story.since", since=Moment(story.status_ms, story.zone))
        case _:
            return None


def _note(story: Story) -> list[Words]:
    """Say why a ticket is blocked, where it may be told: a reason from a button is ours to word."""
    if not story.note:
        return []
    ours = story.note in {"stolen", "fraud", "desk"}
    return [words("story.blocked", note=words(f"reason.{story.note}") if ours else story.note)]


_COUNTED = frozenset(
    {
        Verdict.ADMITTED,
        Verdict.ALREADY_INSIDE,
        Verdict.DAY_ALREADY_USED,
        Verdict.PARTY_EXHAUSTED,
    }
)
"""Where entries are counted: how many of a party are in, or when the last entry was."""


def _last_time(answer: Answer, story: Story, now_ms: int) -> list[Words]:
    """Tell the last entry of a ticket for several, and how many of a party are in."""
    told: list[Words] = []
    if answer.judgement.party_size > 1 and not story.is_out:
        told.append(_party(answer))
    if story.scanned_ms is not None and answer.verdict is not Verdict.ADMITTED:
        told.append(_first_scan(Verdict.ALREADY_INSIDE, story, story.scanned_ms, now_ms))
    return told


def _party(answer: Answer) -> Words:
    """Say how many of the party are in."""
    number, size = answer.judgement.number, answer.judgement.party_size
    return words("story.party", number=number, size=size)


def _first_scan(verdict: Verdict, story: Story, scanned_ms: int, now_ms: int) -> Words:
    at = Moment(scanned_ms, story.zone)
    zone = ZoneInfo(story.zone)
    same_day = event_day(scanned_ms, zone) == event_day(now_ms, zone)
    return words(
        f"story.{verdict}",
        when=words("moment.time" if same_day else "moment.day", at=at),
        gate=story.scanned_gate or "–",
        role=words(f"role.{story.scanned_role or 'steward'}"),
        ago=Span(max(0, now_ms - scanned_ms)),
    )


def _its_hours(verdict: Verdict, story: Story, now_ms: int) -> Words:
    """Say from when, until when, or for which day a ticket is."""
    if verdict is Verdict.TOO_EARLY:
        return words("story.too_early", start=Moment(story.valid_from_ms, story.zone))
    if verdict is Verdict.TOO_LATE:
        return words("story.too_late", end=Moment(story.valid_until_ms, story.zone))
    return _its_days(story, now_ms)


def _its_days(story: Story, now_ms: int) -> Words:
    """Say the days in words: staff trust green and red, and read a date wrong at night."""
    first = _night_of(story.valid_from_ms, story.zone)
    last = _night_of(story.valid_until_ms - 1, story.zone)
    today = _today(now_ms, story.zone)
    if last.ms - first.ms < 24 * HOUR_MS:
        return words("story.wrong_day", day=first, today=today)
    return words("story.wrong_days", first=first, last=last, today=today)


def _today(now_ms: int, zone: str) -> Words:
    """Say what day it is: in the small hours, whose night it still is, for the date has changed."""
    tz = ZoneInfo(zone)
    day = _night_of(now_ms, zone)
    date_changed = datetime.fromtimestamp(now_ms / 1000, tz).date() != event_day(now_ms, tz)
    return words("today.night" if date_changed else "today.day", day=day)


def _night_of(at_ms: int, zone: str) -> Moment:
    """Return a moment of the day that a time belongs to: after midnight it is still yesterday."""
    return Moment(at_ms - EVENT_DAY_TURNS_AT_HOUR * HOUR_MS, zone)


def _what_to_do(answer: Answer, fault: str | None) -> Words:
    if fault == "not_an_image":
        return words("do.not_an_image")
    if answer.paused_until_ms is not None:
        return words("do.typing_paused")
    if answer.verdict is Verdict.ADMITTED and answer.judgement.passage is Passage.EXIT:
        return words("do.exit")
    if answer.verdict is Verdict.ID_CHECK_REQUIRED and answer.judgement.party_size > 1:
        return words("do.id_check_party")
    if answer.verdict is Verdict.ADMITTED and answer.persons > 1:
        return words("do.party", n=answer.persons)
    return words(f"do.{_said(answer)}")


def _short_line(rank: int, answer: Answer, now_ms: int) -> Words:
    line = words(f"line.{answer.verdict.light}", rank=rank, verdict=_title(answer))
    for more in (*_who(answer), *_what_happened(answer, now_ms)):
        line = words("more", line=line, more=more)
    return line


def _questions(answers: Sequence[Answer], now_ms: int) -> tuple[Choice, ...]:
    """Offer the two answers to each identity question; the button says when it was asked."""
    choices: list[Choice] = []
    for answer in answers:
        if answer.verdict is not Verdict.ID_CHECK_REQUIRED or answer.ticket_id is None:
            continue
        about = f"{to_text(answer.ticket_id)}:{to_text(now_ms)}"
        holder = answer.story.holder if answer.story and answer.story.holder else ""
        seen, refuse = ("paper.seen", "paper.refuse")
        if len(answers) > 1:
            seen, refuse = ("paper.seen.of", "paper.refuse.of")
        choices += [
            Choice(words(seen, holder=holder), f"seen:{about}"),
            Choice(words(refuse, holder=holder), f"refuse:{about}"),
        ]
    return tuple(choices)
