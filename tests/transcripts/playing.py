"""Playing a script on a stage: each move is made, each message is expected, none is left over."""

from collections.abc import Sequence
from dataclasses import replace

from bot.installation import ONE_BUBBLE
from chat.messages import Media, Outgoing
from chat.understanding import fold
from tests.transcripts.screens import ListedScreens
from tests.transcripts.script import ANY, Hears, Says, Script, World
from tests.transcripts.stage import Stage


async def play(script: Script, stage: Stage) -> None:
    """Play a transcript; raises AssertionError with the line where it went otherwise."""
    people: dict[str, None] = {}
    screens: dict[str, Sequence[Outgoing]] = {}  # as they stand since the last thing that happened
    channel = stage.screens.channel.name
    script = script.on(channel)
    joins = channel in ONE_BUBBLE
    for move in script.moves:
        place = f"{script.name}.chat:{move.line}"
        match move:
            case Says(_, who, text):
                people[who] = None
                _nothing_left(stage, place, who, await _shown(stage, who, screens))
                screens.clear()
                await stage.hear(who, text)
            case World(_, words):
                screens.clear()
                await stage.world(words)
            case Hears(_, who, _, _, _):
                people[who] = None
                seen = await _shown(stage, who, screens)
                at = stage.taken.get(who, 0)
                if joins and at and _said_together(script, move, seen, at, place):
                    continue
                assert at < len(seen), f"{place}: {who} hears nothing more"
                stage.taken[who] = at + 1
                wanted = _joined_or_alone(script, move) if joins else move
                compare(_approved(wanted, seen[at]) if joins else wanted, seen[at], place)
    for who in people:
        place = f"{script.name}.chat: at the end"
        _nothing_left(stage, place, who, await stage.seen(who))
    if isinstance(stage.screens, ListedScreens):
        _nothing_unapproved(script, stage.screens.channel.unapproved)


def _approved(move: Hears, got: Outgoing) -> Hears:
    """Expect the approved sentence where one came: the message itself would not be taken."""
    if got.template is None:
        return move
    assert move.approved, f"line {move.line} came as a template: say which, below it, after ~"
    return replace(move, lines=move.approved, buttons=None, media=None)


def _nothing_unapproved(script: Script, said: Sequence[Outgoing]) -> None:
    """Whatever reaches somebody silent for 24 hours names the approved sentence that may."""
    told = "\n".join(show(one) for one in said)
    assert not said, (
        f"{script.name}.chat: after 24 hours of silence WhatsApp takes approved sentences alone;"
        f" give these a `template` of bot/flows/approved.py (NEWS fits all):\n{told}"
    )


def _follows(script: Script, move: Hears) -> bool:
    """Say whether the line before is another message to the same person: perhaps of one turn."""
    at = script.moves.index(move)
    before = script.moves[at - 1] if at else None
    return isinstance(before, Hears) and before.who == move.who and before.media is None


def _joined_or_alone(script: Script, move: Hears) -> Hears:
    """Let a message that others may have been joined to carry their buttons too."""
    at = script.moves.index(move) + 1
    after = script.moves[at] if at < len(script.moves) else None
    if isinstance(after, Hears) and _follows(script, after) and move.buttons is not None:
        return replace(move, buttons=(*move.buttons, "..."))
    return move


def _said_together(
    script: Script, move: Hears, seen: Sequence[Outgoing], at: int, place: str
) -> bool:
    """Say whether these words were joined to the message before, as some apps want it."""
    if not _follows(script, move) or move.media is not None:
        return False
    try:
        compare(replace(move, buttons=(*(move.buttons or ()), "...")), seen[at - 1], place)
    except AssertionError:
        return False
    return at >= len(seen) or move.lines != (ANY,)


def compare(wanted: Hears, got: Outgoing, place: str) -> None:
    """Compare a message with what the script says of it."""
    shown = show(got)
    if wanted.lines != (ANY,):
        rest = [_flat(line) for line in got.text.splitlines()]
        for line in wanted.lines:
            flat = _flat(line)
            found = next((at for at, one in enumerate(rest) if flat in one), None)
            assert found is not None, f"{place}: no line {line!r} in\n{shown}"
            rest = rest[found + 1 :]
    if wanted.media is not None or wanted.lines != (ANY,):
        assert media_word(got.media) == wanted.media, f"{place}: wanted {wanted.media}\n{shown}"
    if wanted.buttons is not None:
        labels = [fold(button.label) for button in got.buttons]
        asked = [fold(label) for label in wanted.buttons if label != "..."]
        if "..." in wanted.buttons or "…" in wanted.buttons:
            asked = [label for label in asked if label]
            assert [one for one in labels if one in asked] == asked, f"{place}:\n{shown}"
        else:
            assert len(labels) == len(asked), f"{place}: buttons\n{shown}"
            pairs = zip(wanted.buttons, labels, strict=True)
            assert all(_is_label(*pair) for pair in pairs), f"{place}: buttons\n{shown}"


def _is_label(wanted: str, folded: str) -> bool:
    """Compare a label; `Nuit du Jazz · …` goes on with what is drawn by lot: a reference."""
    begins = fold(wanted)
    return folded.startswith(f"{begins} ") if wanted.endswith("· …") else folded == begins


def show(message: Outgoing) -> str:
    """Write a message as a transcript would."""
    parts = [f"  {line}" for line in message.text.splitlines()]
    word = media_word(message.media)
    if word:
        parts.append(f"  ({word})")
    if message.buttons:
        parts.append("  " + " ".join(f"[{button.label}]" for button in message.buttons))
    return "\n".join(parts)


def _flat(line: str) -> str:
    """Compare words, not the width of their spaces."""
    return " ".join(line.split())


async def _shown(
    stage: Stage, who: str, screens: dict[str, Sequence[Outgoing]]
) -> Sequence[Outgoing]:
    """Look at somebody's screen, once between two things that happen: at rest it stays as it is."""
    if who not in screens:
        screens[who] = await stage.seen(who)
    return screens[who]


def _nothing_left(stage: Stage, place: str, who: str, seen: Sequence[Outgoing]) -> None:
    left = seen[stage.taken.get(who, 0) :]
    assert not left, f"{place}: {who} also heard\n" + "\n".join(show(one) for one in left)


def media_word(media: Media | None) -> str | None:
    """How a transcript names what came with a message."""
    if media is None:
        return None
    return "fichier" if media.as_file else "image"
