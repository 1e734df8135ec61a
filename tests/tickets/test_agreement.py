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


def test_ten_tickets_under_long_names_leave_the_foot_alone() -> None:
    """What both confirmed ends above the last line, however much is transferred."""
    name = "Marie-Emmanuelle Kouassi-N’Guessan Tchabi-Bio Ahouansou"
    rows = tuple((f"Billet {rank} sur 10", "Parterre · B12") for rank in range(1, 11))
    clause = (
        f"Le mardi 1er juin 2027, 10 h, {name} a proposé ces 10 billets et confirmé le vouloir."
    )
    both = tuple(Signature(one.role, name, one.confirmed) for one in AGREEMENT.signatures)
    long = Agreement(
        "Accord de cession de 10 billets",
        f"Entre {name}, qui cède, et {name}, qui reçoit.",
        AGREEMENT.facts[:4] + rows,
        (clause,) * 5,
        (both[0], both[1]),
        AGREEMENT.foot,
    )
    document = pypdfium2.PdfDocument(make_agreement(long))
    page = document[0].get_textpage()
    tops = {}
    for wanted in ("11 h", "Cession"):
        found = page.search(wanted)
        at = found.get_next()
        while at is not None:
            tops[wanted] = page.get_charbox(at[0])[1]
            at = found.get_next()
    page.close()
    document.close()
    assert tops["11 h"] > tops["Cession"] + 10


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
