"""What a ticket costs in messages on WhatsApp, counted in a transcript of every channel."""

from storage.opening import open_database
from tests.storm.sketching import Sketches
from tests.transcripts.on_whatsapp import WhatsAppScreens, open_whatsapp_stage
from tests.transcripts.playing import play
from tests.transcripts.script import BUYER, FOLDER, read_script

MESSAGES_MAX = 6
"""From hello to the ticket, as both READMEs and docs/whatsapp.md say."""


async def test_a_buyer_hears_six_messages_from_hello_to_the_ticket(house_sqlite_url: str) -> None:
    """Every message that Twilio was asked to send to the buyer of a paid event, the ticket last.

    That the provider tells of the money twice, and that the ticket is shown at the gate, adds none.
    """
    database = await open_database(house_sqlite_url)
    try:
        async with open_whatsapp_stage(database, runner=Sketches()) as stage:
            await play(read_script(FOLDER / "acheter_une_place.chat"), stage)
            screens = stage.screens
            assert isinstance(screens, WhatsAppScreens)
            buyer = screens.watched.double.customer(await screens.ref(stage.speaker(BUYER)))
            calls = screens.watched.double.calls
            sent = [form for name, form in calls if name == "messages" and form["To"] == buyer.ref]
            assert len(sent) == len(buyer.seen) == MESSAGES_MAX
            assert buyer.seen[-1].mime == "image/png"
    finally:
        await database.close()
