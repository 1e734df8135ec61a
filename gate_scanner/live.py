"""The door as it is now, in words: for supervisors at the gate, for organisers in their chat."""

from pathlib import Path

from chat.messages import Choice, Moment, Say, Words, words
from storage.ids import to_text
from storage.live import LiveCounts

LIVE_TEXTS = Path(__file__).parent / "live_texts"
"""The words of this file: both talks say them."""

REFUSALS_MAX = 6
"""Reasons named; the rest is one line: the screen of a phone."""

PICTURE = "door"
"""What the chart of a door is called among the pictures: `door:EVENT`."""


def tell_live(now: LiveCounts, event_id: int, *choices: Choice) -> Say:
    """Tell the counts of an event's door, above their chart and in full where it cannot be sent."""
    told = words("live.lines", lines=tuple(_lines(now)))
    return Say(told, choices, picture=f"{PICTURE}:{to_text(event_id)}", instead=told)


def _lines(now: LiveCounts) -> list[Words]:
    lines = [
        words("live.head", event=now.title, at=Moment(now.at_ms, now.zone)),
        words("live.inside", inside=now.inside, expected=now.expected),
    ]
    if now.inside_max is not None:
        lines.append(words("live.room", inside=now.inside, room=now.inside_max))
    if len(now.by_gate) > 1:
        lines += [words("live.gate", gate=gate, inside=inside) for gate, inside in now.by_gate]
    if len(now.by_kind) > 1:
        lines += [
            words("live.kind", kind=kind, inside=inside, expected=expected)
            for kind, inside, expected in now.by_kind
        ]
    lines.append(words("live.refused" if now.refusals else "live.none_refused"))
    lines += [
        words("live.refusal", reason=refused(verdict), count=count)
        for verdict, count in now.refusals[:REFUSALS_MAX]
    ]
    rest = sum(count for _, count in now.refusals[REFUSALS_MAX:])
    if rest:
        lines.append(words("live.more", count=rest))
    lines.append(_pace(now))
    return lines


def _pace(now: LiveCounts) -> Words:
    if now.lately == 0:
        return words("live.pace_none")
    if now.per_minute == 0:
        return words("live.pace_slow")
    return words("live.pace", per_minute=now.per_minute)


def refused(verdict: str) -> Words:
    """Name the reason of a refusal, as it stands in a list."""
    return words(f"refused.{verdict}")
