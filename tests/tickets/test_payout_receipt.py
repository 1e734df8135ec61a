"""The receipt of a payout: its amount in words, and in the demo that it is worth nothing."""

import pypdfium2
import pytest

from bot.flows.seller import TEXTS
from bot.tickets.making import make_receipt
from bot.tickets.payout_receipt import payout_face
from boxoffice.codes import Mode
from boxoffice.money import Money
from chat.texts import Texts
from storage.legal import LegalDetails
from storage.payouts import Payout

PAYOUT = Payout(
    id=1,
    organiser_id=1,
    organiser="Org",
    provider="sandbox",
    amount=Money(5_000, "XOF"),
    way="virement",
    paid_on="2027-06-12",
    recorded_ms=0,
    undone_ms=None,
)
PLAY_MONEY = "Démonstration, argent fictif"


@pytest.mark.parametrize(("mode", "is_marked"), [(Mode.DEMO, True), (Mode.LIVE, False)])
def test_a_payout_of_the_demo_is_marked_as_play_money(mode: Mode, *, is_marked: bool) -> None:
    """Nobody can show a demo's receipt for a real one."""
    who = LegalDetails("Guichet"), LegalDetails("Org")
    face = payout_face(PAYOUT, *who, Texts(TEXTS), "fr", "Africa/Porto-Novo", mode=mode)
    page = pypdfium2.PdfDocument(make_receipt(face))[0]
    text = " ".join(page.get_textpage().get_text_bounded().split())
    assert "5 000 F CFA" in text
    assert (PLAY_MONEY in text) == is_marked
