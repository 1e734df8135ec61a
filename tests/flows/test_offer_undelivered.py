"""A waiting-list offer that reaches nobody goes to the next; the organiser sees who waits."""

from dataclasses import dataclass, field

from chat.channel import SendRefused
from chat.messages import Outgoing, TalkName
from storage.database import Database
from tests.storm.invariants import AT_REST, INVARIANTS, breaches
from tests.transcripts.stage import ListedChannel, SetClock, Stage, raise_stage


@dataclass(slots=True)
class DeafChannel(ListedChannel):
    """A channel on which some people can never be reached."""

    deaf: set[str] = field(default_factory=set)

    async def send(self, talk: TalkName, ref: str, outgoing: Outgoing) -> None:
        """Refuse what goes to them."""
        if ref in self.deaf:
            raise SendRefused("blocked by the user")
        await ListedChannel.send(self, talk, ref, outgoing)


async def wait_for_one(stage: Stage, who: str) -> None:
    """Have somebody join the line of the only kind."""
    await stage.hear(who, "/start e_jazz")
    await stage.hear(who, "[Liste d’attente · Standard]")
    await stage.hear(who, "[1]")


async def test_an_offer_that_reaches_nobody_goes_to_the_next(database: Database) -> None:
    """The first has blocked the bot: the seat is offered to the second, and held for her alone."""
    channel = DeafChannel()
    stage = raise_stage(database, SetClock(), channel)
    for words in (
        "organisateur chef",
        "événement jazz: Nuit du Jazz | 12/06/2027 20:30 | Standard 5000 x 1",
        "koffi achète 1 Standard pour jazz",
    ):
        await stage.world(words)
    for who in ("moussa", "sena"):
        await wait_for_one(stage, who)
    await stage.hear("chef", "/ventes")
    said = " ".join((await stage.seen("chef"))[-1].text.split())
    assert "Liste d’attente Standard : 2 personnes, places voulues : 2" in said
    channel.deaf.add("moussa")
    before = len(await stage.seen("sena"))
    await stage.world("rembourse")
    for _ in range(3):
        await stage.world("attend 10 s")
    assert not any("s’est libérée" in one.text for one in await stage.seen("moussa"))
    [offer] = (await stage.seen("sena"))[before:]
    assert "Une place Standard s’est libérée" in offer.text
    assert await database.read(breaches, (*INVARIANTS, *AT_REST)) == []
    await stage.guichet.engine.close()
