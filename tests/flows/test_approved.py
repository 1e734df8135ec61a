"""What stands for a message after 24 hours of silence is there, approved, and filled."""

from collections.abc import Callable

import pytest

from bot.flows import approved
from bot.flows.organising.telling import keep
from bot.flows.seller import seller_texts
from bot.handlers.whatsapp.registry import LANGUAGES, TEMPLATES
from bot.handlers.whatsapp.templates import stand_in
from boxoffice.model import Event
from chat.messages import Button, Chat, Outgoing, Say, Template, Words, words
from storage import events
from storage.database import Database, Tx
from tests.transcripts.stage import START
from tests.transcripts.world import make_event

REGISTRY = {
    (name, tongue): f"HX{at:032d}" for at, name in enumerate(TEMPLATES) for tongue in LANGUAGES
}
SENTENCES: list[Callable[[Event], Words]] = [
    approved.tickets,
    approved.reminder,
    approved.postponed,
    approved.cancelled,
    approved.offer,
    lambda _: approved.NEWS,
    lambda _: approved.code("123456"),
]


async def test_each_sentence_is_registered_and_has_its_facts(database: Database) -> None:
    """Whatever a flow names stands in the registry, and every hole of it is filled."""
    event_id = await database.write(make_event, "Nuit du Jazz", START, ("Standard 5000 x 9",), 1)
    event = await database.read(events.event_by_id, event_id)
    assert event is not None
    named = set()
    for sentence in SENTENCES:
        own = sentence(event)
        named.add(own.key)
        for language in LANGUAGES:
            facts = {
                name: seller_texts().render(words("fact", fact=fact), language)
                for name, fact in own.facts.items()
            }
            outgoing = Outgoing(
                "…",
                (Button("Voir", "take:1"),),
                language=language,
                template=Template(own.key, facts),
            )
            stand = stand_in(REGISTRY, outgoing)
            assert stand is not None
            assert stand.content == REGISTRY[own.key, language]
            assert all(stand.variables.values())
    assert named == set(TEMPLATES)


async def test_a_message_to_many_names_its_sentence(database: Database) -> None:
    """Most of the many have been silent for longer than a day: without one they would hear news."""
    with pytest.raises(ValueError, match=r"approved\.py"):
        await database.write(_keep_without)


async def _keep_without(tx: Tx) -> None:
    nobody = Chat(1, 1, "web", "seller", "nobody", "fr", "", {}, 1, 1)
    await keep(tx, nobody, 1, None, "holders", Say(words("editing.told")))
