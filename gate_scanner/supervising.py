"""What supervisors do in the chat: ask a holder, close a gate, send away, see who is inside."""

from collections.abc import Iterator

from chat.messages import Chat, Choice, Say, Tap, Tell, Text, Turn, Words, words
from chat.understanding import fold
from gate_scanner import reasons
from gate_scanner.live import tell_live
from gate_scanner.noting import note
from gate_scanner.shifts import read_terms, tell_terms
from gate_scanner.standing import Stand, named, supervised, ticket_meant
from storage import chats, contests, staff, supervision, terminals
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.live import live_counts
from storage.supervision import Member

# ---- The holder is asked -------------------------------------------------------------------------


async def ask_holder(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Ask the ticket's owner, in their own chat, whether they are at this gate now.

    `contest:ID` after it was shown again, `contest:ID:sought` where it was only searched for.
    """
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    ticket = await ticket_meant(tx, stand, heard)
    if ticket is None:
        return Turn((Say(words("search.gone")),))
    owners = await chats.chats_of_person(tx, ticket.owner_id, "seller")
    if not owners:
        return Turn((Say(words("contest.no_chat")),))
    gates = await staff.gates_of(tx, stand.post.event_id)
    gate = next((one.name for one in gates if one.id == stand.gate_id), "–")
    contest_id = await contests.contest(
        tx,
        ticket_id=ticket.id,
        owner_id=ticket.owner_id,
        gate=gate,
        chat_id=chat.id,
        now_ms=chat.now_ms,
    )
    about = to_text(contest_id)
    sought = heard.action.endswith(":sought")
    question = Say(
        words(
            "contested.check" if sought else "contested.ask",
            event=stand.post.title,
            kind=ticket.kind,
            gate=gate,
        ),
        (
            Choice(words("contested.yes"), f"here:yes:{about}"),
            Choice(words("contested.no"), f"here:no:{about}"),
        ),
    )
    said = Say(words("contest.asked", ticket=named(ticket)))
    return Turn((said,), tell=(Tell(owners[0].id, question),))


# ---- Gates, team, counts -------------------------------------------------------------------------


async def gates(tx: Tx, chat: Chat, _heard: Tap) -> Turn:
    """Show the gates with what may be done to each."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    lines: list[Words] = []
    choices: list[Choice] = []
    for gate in await staff.gates_of(tx, stand.post.event_id):
        lines.append(words(f"gates.{gate.status}", gate=gate.name))
        about = to_text(gate.id)
        if gate.status == "open":
            choices.append(Choice(words("gates.pause", gate=gate.name), f"setgate:paused:{about}"))
            choices.append(Choice(words("gates.close", gate=gate.name), f"setgate:closed:{about}"))
        else:
            choices.append(Choice(words("gates.reopen", gate=gate.name), f"setgate:open:{about}"))
    return Turn((Say(words("lines", lines=tuple(lines)), tuple(choices)),))


async def set_gate(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Open, pause or close a gate: `setgate:STATUS:ID`; the next scan there obeys."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    _, status, about = heard.action.split(":", 2)
    gate_id = from_text(about)
    known = {gate.id: gate for gate in await staff.gates_of(tx, stand.post.event_id)}
    gate = known.get(gate_id or 0)
    if gate is not None and status in {"open", "paused", "closed"} and gate.status != status:
        await staff.set_gate_status(tx, gate.id, status)
        await note(tx, chat, stand.post.event_id, f"gate_{status}", gate=gate.name)
    return await gates(tx, chat, heard)


async def members(tx: Tx, chat: Chat, _heard: Tap) -> Turn:
    """Show the team, with a button that takes each place back."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    team_now = await supervision.team_of(tx, stand.post.event_id)
    lines = tuple(line for one in team_now for line in _member(one, stand.post.zone))
    choices = tuple(
        Choice(words("team.dismiss", name=one.name or "–"), f"dismiss:{to_text(one.staff_id)}")
        for one in team_now
        if one.staff_id != stand.post.staff_id
    )
    return Turn((Say(words("lines", lines=lines), choices),))


def _member(one: Member, zone: str) -> Iterator[Words]:
    """Name somebody of the team, and below where and when they work, if that is limited."""
    yield words("team.line", name=one.name or "–", role=words(f"role.{one.role}"))
    yield from tell_terms(one.gate, one.from_ms, one.until_ms, zone)


async def hours_named(tx: Tx, chat: Chat, heard: Text) -> Turn:
    """Say where and when somebody works: `heures Kofi Jardin 18h-23h30`, `heures Kofi toutes`."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    name, _, said = heard.text.strip().partition(" ")[2].strip().partition(" ")
    named_so = [
        one
        for one in await supervision.team_of(tx, stand.post.event_id)
        if name and fold(one.name).startswith(fold(name))
    ]
    if len(named_so) != 1:
        return Turn((Say(words("shift.how")),))
    gates_now = await staff.gates_of(tx, stand.post.event_id)
    terms = read_terms(
        said, gates_now, zone=stand.post.zone, starts_ms=stand.post.starts_ms, now_ms=chat.now_ms
    )
    if terms is None:
        return Turn((Say(words("shift.how")),))
    await staff.set_terms(
        tx,
        named_so[0].staff_id,
        event_id=stand.post.event_id,
        gate_id=terms.gate_id,
        from_ms=terms.from_ms,
        until_ms=terms.until_ms,
    )
    await note(
        tx,
        chat,
        stand.post.event_id,
        "staff_hours",
        who=named_so[0].name,
        terms=said[: reasons.LENGTH_MAX],
    )
    return await members(tx, chat, Tap("team"))


async def dismiss(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Take a place back from the next scan on: `dismiss:STAFF`."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    staff_id = from_text(heard.action.partition(":")[2])
    return await _dismissed(tx, chat, stand, staff_id)


async def dismiss_named(tx: Tx, chat: Chat, heard: Text) -> Turn:
    """Take a place back by name: `renvoyer Kofi`."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    name = fold(heard.text.strip().partition(" ")[2])
    named = [
        one
        for one in await supervision.team_of(tx, stand.post.event_id)
        if name and fold(one.name).startswith(name) and one.staff_id != stand.post.staff_id
    ]
    if len(named) != 1:
        return await members(tx, chat, Tap("team"))
    return await _dismissed(tx, chat, stand, named[0].staff_id)


async def _dismissed(tx: Tx, chat: Chat, stand: Stand, staff_id: int | None) -> Turn:
    team_now = await supervision.team_of(tx, stand.post.event_id)
    found_member = [one for one in team_now if one.staff_id == staff_id]
    if not found_member or not await staff.dismiss(tx, found_member[0].staff_id, chat.now_ms):
        return await members(tx, chat, Tap("team"))
    who = found_member[0].name or "–"
    await note(tx, chat, stand.post.event_id, "staff_off", who=who)
    return Turn((Say(words("team.dismissed", name=who)),))


async def set_unlisted(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Say or change what terminals without network do with tickets sold after their copy."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    wanted = heard.action.partition(":")[2]
    if wanted in {"refuse", "admit"}:
        await terminals.set_offline_unlisted(tx, stand.post.event_id, wanted)
        await note(tx, chat, stand.post.event_id, f"unlisted_{wanted}")
    rule = await terminals.offline_unlisted(tx, stand.post.event_id)
    other = "admit" if rule == "refuse" else "refuse"
    change = Choice(words(f"unlisted.to_{other}"), f"unlisted:{other}")
    return Turn((Say(words(f"unlisted.{rule}"), (change,)),))


async def live(tx: Tx, chat: Chat, _heard: Tap) -> Turn:
    """Tell who is inside, by gate and kind, what was refused, and how fast it goes."""
    stand = await supervised(tx, chat)
    if isinstance(stand, Turn):
        return stand
    now = await live_counts(tx, stand.post.event_id, chat.now_ms)
    if now is None:
        return Turn((Say(words("live.gone")),))
    again = Choice(words("live.again"), "live")
    return Turn((tell_live(now, stand.post.event_id, again),))
