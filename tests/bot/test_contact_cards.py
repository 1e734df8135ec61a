"""A shared contact's card: its number is read, whatever else stands on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.far_work.contact_cards import CARD_BYTES_MAX, number_on
from bot.handlers.whatsapp.reading import payload_of, read
from chat.messages import Contact

HEAD = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Mensah;Kofi;;;\r\nFN:Kofi Mensah\r\n"


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ("item1.TEL;waid=2290197000000:+229 01 97 00 00 00\r\n", "+2290197000000"),
        ("TEL;type=CELL:+229 01 97 00 00 00\r\n", "+2290197000000"),
        ("TEL;TYPE=CELL;VALUE=uri:tel:+229-01-97-00-00-00\n", "+2290197000000"),
        ("TEL:97 00 00 00\r\nTEL;waid=33600000000:06 00 00 00 00\r\n", "+33600000000"),
        ("TEL;type=CELL;wa\r\n id=2290197000000:+229 01 97 00 00 00\r\n", "+2290197000000"),
        ("TEL:97 00 00 00\r\n", ""),
        ("EMAIL:kofi@example.org\r\n", ""),
    ],
)
def test_the_number_of_a_card(lines: str, number: str) -> None:
    """WhatsApp's own id of the number first; a number without its country is nobody's."""
    assert number_on(f"{HEAD}{lines}END:VCARD\r\n".encode()) == number


@given(st.binary(max_size=2000))
def test_no_bytes_break_it(body: bytes) -> None:
    """Whatever comes, it is a number with its country or none; what is too long is no card."""
    found = number_on(body)
    assert not found or found[1:].isdecimal()
    assert not number_on(b"TEL:+2290197000000\r\n".ljust(CARD_BYTES_MAX + 1))


def test_twilio_brings_it_as_media() -> None:
    """The card lies at Twilio, like a picture; the message says where."""
    url = f"https://api.twilio.com/2010-04-01/Accounts/AC{'0' * 32}/Messages/MM{'1' * 32}"
    form = {
        "MessageSid": "MM1",
        "From": "whatsapp:+2290197000000",
        "NumMedia": "1",
        "MediaUrl0": f"{url}/Media/ME{'2' * 32}",
        "MediaContentType0": "text/vcard; charset=utf-8",
    }
    heard = read("seller", payload_of(form, opens=False), 1).heard
    assert heard == Contact(card=form["MediaUrl0"])
