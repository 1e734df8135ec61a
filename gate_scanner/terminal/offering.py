"""The terminal, asked for in the chat: a one-use link, and a button inside Telegram."""

from dataclasses import dataclass

from boxoffice.tokens import new_token
from chat.messages import Chat, Choice, Link, Moment, Say, Tap, Turn, words
from gate_scanner import team
from gate_scanner.terminal.entering import LINK_MS, gates_for
from storage import staff, terminal_links
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class TerminalSteps:
    """The steps that hand terminals out; `url` is where the page is found, if anywhere."""

    url: str | None

    async def offer(self, tx: Tx, chat: Chat, _heard: Tap) -> Turn:
        """Make a link for the gate where this person stands; it opens one terminal, once."""
        if self.url is None:
            return Turn((Say(words("terminal.none")),))
        place = team.place_of(chat) or await team.place_for(tx, chat, ())
        post = await staff.post_by_id(tx, place.staff_id, chat.person_id) if place else None
        if place is None or post is None:
            choose = Choice(words("menu.gate"), "home")
            return Turn((Say(words("terminal.choose"), (choose,)),))
        gates = [gate for gate in await gates_for(tx, post) if gate.id == place.gate_id]
        if not gates:
            choose = Choice(words("menu.gate"), "gates")
            return Turn((Say(words("terminal.choose"), (choose,)),))
        token = new_token()
        expires_ms = chat.now_ms + LINK_MS
        await terminal_links.make(
            tx,
            token,
            staff_id=place.staff_id,
            gate_id=place.gate_id,
            language=chat.language,
            expires_ms=expires_ms,
            now_ms=chat.now_ms,
        )
        link = f"{self.url}#t={token}"
        said = words(
            "terminal.link",
            gate=gates[0].name,
            event=post.title,
            link=link,
            until=Moment(expires_ms, post.zone),
        )
        return Turn((Say(said, (Link(words("terminal.open"), link, app=self.url),)),))
