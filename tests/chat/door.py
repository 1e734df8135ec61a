"""A door of plain JSON: a talk that notes what it hears, to try the engine on."""

import json
from dataclasses import dataclass, field
from typing import Any

from chat.albums import AlbumPatience, Quiet, let_pass
from chat.engine import Engine
from chat.facts import HoldEnding
from chat.messages import Chat, Codes, Heard, Inbound, Outgoing, Photo, TalkName, Text, Turn
from chat.talk import Prepare, Talk
from chat.texts import Texts
from storage.database import Database, Tx
from tests.transcripts.stage import SetClock


@dataclass
class Door:
    """A talk that notes what it hears, one entry a turn, behind a channel of plain JSON."""

    database: Database
    turns: list[Heard] = field(default_factory=list)
    clock: SetClock = field(default_factory=SetClock)
    name: str = "plain"

    def engine(
        self, quiet: Quiet = let_pass, prepare: Prepare | None = None, burst_max: int | None = None
    ) -> Engine:
        """Start a process."""
        talk = Talk(
            name="scanner",
            texts=Texts(),
            actions={},
            steps={},
            heard={Codes: self.hear, Text: self.hear, HoldEnding: self.hear},
            lost=self.hear,
            hears_albums=True,
            burst_max=burst_max,
        )
        return Engine(
            self.database,
            channels={self.name: self},
            talks={"scanner": talk},
            prepares={"scanner": prepare or self.prepare},
            clock=self.clock,
            queued=lambda: None,
            albums=AlbumPatience(quiet),
        )

    def read(self, talk: TalkName, payload: str, received_ms: int) -> Inbound:
        """Read a photo by its name, or a text."""
        said = json.loads(payload)
        heard = Text("?") if "text" in said else Photo((said["photo"],), album=said["album"])
        return Inbound(self.name, talk, "awa", said["id"], heard, received_ms)

    async def prepare(self, inbound: Inbound) -> Heard:
        """See a photo's own name in it."""
        heard = inbound.heard
        return Codes(heard.refs) if isinstance(heard, Photo) else heard

    async def hear(self, _tx: Tx, _chat: Chat, heard: Any) -> Turn:  # noqa: ANN401 (any message)
        """Note a turn."""
        self.turns.append(heard)
        return Turn()

    async def fetch(self, talk: TalkName, ref: str) -> bytes:
        """Never asked: `prepare` sees nothing but names."""
        raise AssertionError((talk, ref))

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Never asked: nothing is said."""
        raise AssertionError((talk, ref, outgoing))
