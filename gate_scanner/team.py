"""Joining a team, choosing an event and a gate: what comes before the first photo."""

from collections.abc import Sequence

from boxoffice.codes import Code, read_code
from boxoffice.values import value
from chat.messages import Chat, Choice, Moment, Say, Start, Tap, Then, Turn, words
from chat.understanding import fold
from gate_scanner.noting import note
from gate_scanner.shifts import tell_terms
from storage import invitations, staff
from storage.chats import person_name
from storage.database import Tx
from storage.ids import from_text, to_text
from storage.staff import Gate, Post

STAFF_LINK = "s_"
"""How the start parameter of an invitation to a team begins; the rest is its token."""

SCANNING = "scanning"
"""The step of a chat whose person stands at a gate: photos and typed codes are judged."""


@value
class Place:
    """Where a person stands: kept in the chat's memory."""

    staff_id: int
    gate_id: int

    def then(self) -> Then:
        """Return what the chat remembers."""
        return Then(SCANNING, {"staff": self.staff_id, "gate": self.gate_id})


def place_of(chat: Chat) -> Place | None:
    """Return the place a chat remembers; whether it still holds is the judge's to say."""
    staff_id, gate_id = chat.memory.get("staff"), chat.memory.get("gate")
    if isinstance(staff_id, int) and isinstance(gate_id, int):
        return Place(staff_id, gate_id)
    return None


async def place_for(tx: Tx, chat: Chat, found: Sequence[str]) -> Place | None:
    """Find the place of a person who has not chosen one: the only one, or the one of the codes.

    Whoever works at three events and sends a ticket of one of them has said where they stand,
    unless that event has several gates.
    """
    posts = await staff.posts_of(tx, chat.person_id, chat.now_ms)
    if len(posts) > 1:
        codes = [code for text in found if isinstance(code := read_code(text), Code)]
        tags = {code.event_tag for code in codes}
        posts = [post for post in posts if post.tag in tags]
    if len(posts) != 1:
        return None
    gates = await gates_for(tx, posts[0])
    return Place(posts[0].staff_id, gates[0].id) if len(gates) == 1 else None


async def start(tx: Tx, chat: Chat, heard: Start) -> Turn:
    """Open the conversation; an invitation is shown, not used: previews must not burn it."""
    if not heard.payload.startswith(STAFF_LINK):
        return await home(tx, chat, heard)
    token = heard.payload.removeprefix(STAFF_LINK)
    invitation = await invitations.look_at(tx, token, purpose="staff", now_ms=chat.now_ms)
    if invitation is None or invitation.event_id is None:
        return Turn(say=(Say(words("join.gone")),))
    title = await staff.event_title(tx, invitation.event_id)
    role = words(f"role.{invitation.role or 'steward'}")
    join = Choice(words("join.yes"), f"join:{invitation.token_hash}")
    zone = await staff.event_zone(tx, invitation.event_id)
    gates = {gate.id: gate.name for gate in await staff.gates_of(tx, invitation.event_id)}
    gate = gates.get(invitation.gate_id) if invitation.gate_id else None
    terms = tell_terms(gate, invitation.from_ms, invitation.until_ms, zone)
    asked = words("lines", lines=(words("join.ask", event=title, role=role), *terms))
    return Turn(say=(Say(asked, (join,)),))


async def join(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Use an invitation: the first who presses its button is in the team."""
    invitation = await invitations.use(
        tx,
        heard.action.partition(":")[2],
        purpose="staff",
        person_id=chat.person_id,
        now_ms=chat.now_ms,
    )
    if invitation is None or invitation.event_id is None:
        if await staff.posts_of(tx, chat.person_id, chat.now_ms):
            return await home(tx, chat, heard)  # the same button, pressed twice
        return Turn(say=(Say(words("join.gone")),))
    staff_id = await staff.engage(
        tx,
        event_id=invitation.event_id,
        person_id=chat.person_id,
        role=invitation.role or "steward",
        name=chat.name or await person_name(tx, chat.person_id),
        gate_id=invitation.gate_id,
        from_ms=invitation.from_ms,
        until_ms=invitation.until_ms,
        now_ms=chat.now_ms,
    )
    role = words(f"gateteam.{invitation.role or 'steward'}")
    await note(tx, chat, invitation.event_id, "staff_joined", role=role)
    return await _choose_gate(tx, chat, staff_id)


async def home(tx: Tx, chat: Chat, _heard: object) -> Turn:
    """Ask for the event, unless there is only one; strangers learn whom to ask."""
    posts = await staff.posts_of(tx, chat.person_id, chat.now_ms)
    match posts:
        case []:
            return Turn(say=(Say(words("stranger")),), then=Then())
        case [post]:
            return await _choose_gate(tx, chat, post.staff_id)
    choices = tuple(
        Choice(
            words("post", event=post.title, start=Moment(post.starts_ms, post.zone)),
            f"post:{to_text(post.staff_id)}",
        )
        for post in posts
    )
    # A post that holds is kept while the question stands: it is left when another is chosen.
    place = place_of(chat)
    held = place is not None and any(post.staff_id == place.staff_id for post in posts)
    return Turn(say=(Say(words("choose.event"), choices),), then=None if held else Then())


async def choose_post(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Take the event chosen and ask for the gate."""
    staff_id = from_text(heard.action.partition(":")[2])
    return await _choose_gate(tx, chat, staff_id)


async def change_gate(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Ask for the gate again; where the event has only one, say that one stands there."""
    place = place_of(chat)
    post = await _post(tx, chat, place.staff_id) if place else None
    if place is None or post is None:
        return await home(tx, chat, heard)
    return await _choose_gate(tx, chat, place.staff_id)


async def choose_gate(tx: Tx, chat: Chat, heard: Tap) -> Turn:
    """Take the gate chosen, if it is one of the event's where this person may stand."""
    _, _, ids = heard.action.partition(":")
    staff_text, _, gate_text = ids.partition(":")
    post = await _post(tx, chat, from_text(staff_text))
    if post is None:
        return await home(tx, chat, heard)
    gate_id = from_text(gate_text)
    for gate in await gates_for(tx, post):
        if gate.id == gate_id:
            return await _ready(tx, chat, post, gate)
    return await _choose_gate(tx, chat, post.staff_id)


async def gate_named(tx: Tx, chat: Chat, said: str) -> Turn | None:
    """Go to the gate whose name was typed, folded: `sortie`, or `porte sortie`."""
    place = place_of(chat)
    post = await _post(tx, chat, place.staff_id) if place else None
    if post is None:
        return None
    for gate in await gates_for(tx, post):
        if said.removeprefix("porte ").removeprefix("gate ") == fold(gate.name):
            return await _ready(tx, chat, post, gate)
    return None


async def leave(_tx: Tx, _chat: Chat, _heard: Tap) -> Turn:
    """Leave the gate: nothing is judged until one is chosen again."""
    choice = Choice(words("menu.again"), "home")
    return Turn(say=(Say(words("left"), (choice,)),), then=Then())


async def _choose_gate(tx: Tx, chat: Chat, staff_id: int | None) -> Turn:
    post = await _post(tx, chat, staff_id)
    if post is None:
        return Turn(say=(Say(words("stranger")),), then=Then())
    gates = await gates_for(tx, post)
    match gates:
        case []:
            return Turn(say=(Say(words("no_gates", event=post.title)),), then=Then())
        case [gate]:
            return await _ready(tx, chat, post, gate)
    choices = tuple(
        Choice(words("gate", gate=gate.name), f"gate:{to_text(post.staff_id)}:{to_text(gate.id)}")
        for gate in gates
    )
    return Turn(say=(Say(words("choose.gate", event=post.title), choices),), then=Then())


async def _ready(tx: Tx, chat: Chat, post: Post, gate: Gate) -> Turn:
    ready = words("ready", gate=gate.name, event=post.title)
    choices = (*await elsewhere(tx, chat, post), Choice(words("menu.help"), "help"))
    return Turn(say=(Say(ready, choices),), then=Place(post.staff_id, gate.id).then())


async def elsewhere(tx: Tx, chat: Chat, post: Post) -> tuple[Choice, ...]:
    """Offer another gate and another event, where there is another."""
    choices: tuple[Choice, ...] = ()
    if len(await gates_for(tx, post)) > 1:
        choices += (Choice(words("menu.gate"), "gates"),)
    if len(await staff.posts_of(tx, chat.person_id, chat.now_ms)) > 1:
        choices += (Choice(words("menu.event"), "home"),)
    return choices


async def _post(tx: Tx, chat: Chat, staff_id: int | None) -> Post | None:
    return None if staff_id is None else await staff.post_by_id(tx, staff_id, chat.person_id)


async def gates_for(tx: Tx, post: Post) -> list[Gate]:
    """Read the gates where this person may stand."""
    gates = await staff.gates_of(tx, post.event_id)
    if post.bound_gate_id is None:
        return gates
    return [gate for gate in gates if gate.id == post.bound_gate_id]
