"""A venue on Telegram: a pin, then the words with their buttons."""

from bot.handlers.telegram import TelegramChannel
from chat.messages import Button, Outgoing, Place
from tests.doubles.telegram import Person

PLACE = Place("Palais des Congrès", "Cotonou", 6_365_400, 2_418_300)


async def test_a_place_is_a_pin_and_its_words(channel: TelegramChannel, awa: Person) -> None:
    """The app shows the venue on a map; the words below keep the link and the buttons."""
    outgoing = Outgoing("📍 Palais des Congrès", (Button("Retour", action="menu"),), place=PLACE)
    await channel.send("seller", "7", outgoing)
    pin, said = awa.seen
    assert pin.json["venue"]["title"] == "Palais des Congrès"
    assert pin.json["venue"]["location"] == {"latitude": 6.3654, "longitude": 2.4183}
    assert said.text == "📍 Palais des Congrès"
    assert said.buttons == {"Retour": "menu"}
