"""The written agreement of a transfer: one page, both names, both confirmations, no code."""

import io

import pypdfium2
import pytest

from bot.tickets.agreement import Agreement, Signature
from bot.tickets.making import make_agreement
from gate_scanner.decoding import Shape, decode

AGREEMENT = Agreement(
    title="Accord de cession d’un billet",
    between="Entre Awa Dossou, qui cède, et Kofi Mensah, qui reçoit.",
    facts=(
        ("Événement", "Nuit du Jazz"),
        ("Date", "samedi 12 juin 2027, 20 h 30"),
        ("Lieu", "Palais des Congrès · Cotonou"),
        ("Tarif", "Parterre · B12"),
        ("Commande", "K7M2P9X, billet 2 sur 4"),
    ),
    clauses=("Le mardi 1er juin 2027, Awa Dossou a proposé ce billet.", "C’est définitif."),
    signatures=(
        Signature("Cède", "Awa Dossou", "Confirmé le mardi 1er juin 2027, 10 h."),
        Signature("Reçoit", "Kofi Mensah", "Confirmé le mardi 1er juin 2027, 11 h."),
    ),
    foot="Cession n° 1A2B3C.",
)


def test_a_page_says_who_what_and_when() -> None:
    """Both names, the ticket and both confirmations can be read and searched; it is one page."""
    document = pypdfium2.PdfDocument(make_agreement(AGREEMENT))
    assert len(document) == 1
    text = document[0].get_textpage().get_text_range()
    picture = document[0].render(scale=150 / 72).to_pil()
    document.close()
    for wanted in ("Awa Dossou", "Kofi Mensah", "Nuit du Jazz", "B12", "K7M2P9X", "11 h"):
        assert wanted in text
    out = io.BytesIO()
    picture.save(out, "PNG")
    assert decode(out.getvalue(), accept=Shape.ANY).texts == ()


@pytest.mark.parametrize("name", ["李小龙 🎷", "Adjoa Kɔkɔ́ Ɖɔ̀sú-Hounkpàtìn " * 2])
def test_any_name_stays_on_the_page(name: str) -> None:
    """A name in a foreign script or of sixty letters neither fails nor makes a second page."""
    signed = tuple(Signature(one.role, name, one.confirmed) for one in AGREEMENT.signatures)
    long = Agreement(
        AGREEMENT.title,
        f"Entre {name} et {name}.",
        AGREEMENT.facts,
        AGREEMENT.clauses * 3,
        (signed[0], signed[1]),
        AGREEMENT.foot,
    )
    document = pypdfium2.PdfDocument(make_agreement(long))
    pages = len(document)
    document.close()
    assert pages == 1
