"""An engine for tests of the wire: it answers every message once, with what it understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chat.clock import wall_clock
from chat.messages import Button, Inbound, Media, Outgoing, Photo, Start, Tap, Text

if TYPE_CHECKING:
    from bot.handlers.webchat import WebChat
    from chat.messages import TalkName


@dataclass(slots=True)
class Echo:
    """An Intake that reads each payload once and says at once what it heard."""

    webchat: WebChat
    heard: list[Inbound] = field(default_factory=list)
    ids: set[tuple[str, str]] = field(default_factory=set)

    async def receive(
        self, channel: str, talk: TalkName, ref: str, message_id: str, payload: str
    ) -> bool:
        """Take a message; a repeated id answers False and nothing happens."""
        assert channel == "web"
        if (talk, message_id) in self.ids:
            return False
        self.ids.add((talk, message_id))
        inbound = self.webchat.read(talk, payload, wall_clock())
        assert (inbound.ref, inbound.message_id) == (ref, message_id)
        self.heard.append(inbound)
        await self.webchat.send(talk, ref, await self._answer(inbound))
        return True

    async def _answer(self, inbound: Inbound) -> Outgoing:
        match inbound.heard:
            case Text(text):
                return Outgoing(f"echo: {text}", (Button("Encore", action="again"),))
            case Tap(action):
                return Outgoing(f"tapped: {action}")
            case Start(payload):
                return Outgoing(f"welcome: {payload}")
            case Photo(refs, caption):
                first = await self.webchat.fetch(inbound.talk, refs[0])
                media = Media(first, "image/png", "same.png")
                return Outgoing(f"photos: {len(refs)} {caption}", media=media)
            case _:
                raise AssertionError(f"the web chat never says {inbound.heard}")
