"""Tickets to draw in tests: short, very long, of three days, with a name, free, of a demo, odd."""

from dataclasses import replace

from bot.tickets.face import ACCENTS, FaceWords, TicketFace

FRENCH = FaceWords(
    place="Lieu",
    kind="Tarif",
    price="Prix",
    holder="Bénéficiaire",
    order="Commande",
    code="Code",
)
ENGLISH = FaceWords(
    place="Place",
    kind="Ticket",
    price="Price",
    holder="Holder",
    order="Order",
    code="Code",
)

JAZZ = TicketFace(
    title="Nuit du Jazz",
    date_lines=("samedi 12 juin 2027", "20 h 30 · portes 19 h 30"),
    place_lines=("Palais des Congrès", "Boulevard de la Marina, Cotonou"),
    kind="Standard",
    price="5 000 F CFA",
    code="G73KQ90123456789ABCDEFXY12345",
    short_code="ABCD-EFG7",
    rules="Valable une fois : le premier passage compte. Cessible. Ne pliez pas le code.",
    order_reference="7K2P9",
    words=FRENCH,
)
# What the README shows: docs/pictures/ticket.png is this face, drawn.
SAMPLE = replace(
    JAZZ,
    code="D0000000000000000000000000000",
    short_code="0000-0000",
    order_reference="SPÉCIMEN",
    watermark="SPÉCIMEN · SANS VALEUR",
)
CASES = {
    "short": JAZZ,
    "long": replace(
        JAZZ,
        title=(
            "Grande soirée de clôture du Festival international des arts vivants et des musiques "
            "d’Afrique de l’Ouest, édition anniversaire"
        ),
        accent=ACCENTS[2],
    ),
    "three days": replace(
        JAZZ,
        title="Festival Rythmes du Lac",
        date_lines=("Vendredi 3 juillet, 18 h", "Samedi 4 juillet, 16 h", "Dimanche 5 juillet"),
        place_lines=("Esplanade de la Place de l’Amazone", "Cotonou, Bénin"),
        kind="Pass 3 jours",
        accent=ACCENTS[5],
    ),
    "nominative": replace(
        JAZZ,
        title="Séminaire : financer sa jeune entreprise",
        rank="10/10",
        age="18+",
        holder="Adjoa Kɔkɔ́ Ɖɔ̀sú-Hounkpàtìn 🎷",
        kind="Étudiante",
        accent=ACCENTS[4],
    ),
    "free": replace(
        JAZZ,
        title="Open Day at the Museum",
        date_lines=("Saturday, June 12, 2027, 8:30 PM",),
        kind="General admission",
        price="Free",
        words=ENGLISH,
        accent=ACCENTS[1],
    ),
    "demo": replace(
        JAZZ,
        rank="1/2",
        age="21+",
        code="D73KQ90123456789ABCDEFXY12345",
        watermark="DÉMO · BILLET SANS VALEUR",
        accent=ACCENTS[3],
    ),
    "long kind": replace(
        JAZZ,
        kind="Tribune présidentielle, couverte et réservée · B12",
        price="125 000 F CFA",
        age="21+",
        accent=ACCENTS[7],
    ),
    "odd": replace(
        JAZZ,
        title="北京之夜 🎉 العربية Jazz",
        holder="李小龙",
        date_lines=(),
        place_lines=(),
        kind="",
        accent=ACCENTS[6],
    ),
}
