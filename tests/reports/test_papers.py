"""The closing report and the share card are made whole, and the card's code opens its link."""

import io
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import zxingcpp
from PIL import Image

from bot.flows.choosing.filters import weekend
from bot.reports.card import HEIGHT, WIDTH, CardFace, draw_card
from bot.reports.closing_facts import ClosingPage, Table, make_closing

LINK = "https://t.me/guichet_bot?start=e_01J8ZK3M9Q2AB"

FACE = CardFace(
    title="Nuit du Jazz",
    when="samedi 12 juin 2027, 20 h 30",
    place="Palais des Congrès, Cotonou",
    price="À partir de 5 000 F CFA",
    call="Réservez ici",
    how="Scannez le code avec l’appareil photo.",
    link=LINK,
    accent="#1f4e5f",
    mark="guichet",
)


def test_the_card_s_code_opens_the_event_on_any_ground() -> None:
    """With a poster of any shape and with none, a phone reads the very link."""
    for size in (None, (600, 900), (1600, 500)):
        poster = None
        if size is not None:
            out = io.BytesIO()
            Image.new("RGB", size, (200, 60, 40)).save(out, "JPEG")
            poster = out.getvalue()
        picture = draw_card(replace(FACE, poster=poster, title=FACE.title * 6))
        with Image.open(io.BytesIO(picture)) as opened:
            assert opened.size == (WIDTH, HEIGHT)
            [code] = zxingcpp.read_barcodes(np.asarray(opened))
        assert code.text == LINK


def test_a_report_of_many_kinds_goes_on_to_another_page() -> None:
    """Sixty kinds are three pages, each with its head; a long title is cut, never overlapped."""
    head = ("Tarif", "Jauge", "Vendus", "Rendus", "Venus", "Absents", "Recette")
    rows = tuple((f"Tarif {n}", "10", "9", "0", "8", "1", "45 000 F CFA") for n in range(60))
    page = ClosingPage(
        title="Le Grand Festival " * 8,
        when="samedi 12 juin 2027, 20 h 30",
        place="Cotonou",
        heading="Bilan",
        made="Établi le 14 juin",
        figures=(("540", "valables"), ("480", "venus"), ("60", "absents"), ("2 700 000 F CFA", "")),
        tables=(Table("Par tarif", head, rows, rows[0]),),
        accent="#1f4e5f",
    )
    body = make_closing(page)
    assert body.startswith(b"%PDF")
    assert body.count(b"/Type /Page\n") == 3


def test_a_weekend_runs_from_friday_evening_to_monday_morning() -> None:
    """On Tuesday it is the coming one; on Saturday what is left of this; Sunday's night belongs."""
    zone = ZoneInfo("Africa/Porto-Novo")

    def ms(day: int, hour: int) -> int:
        return int(datetime(2027, 6, day, hour, tzinfo=zone).timestamp() * 1000)

    assert weekend(ms(1, 10), zone) == (ms(4, 17), ms(7, 6))
    assert weekend(ms(5, 12), zone) == (ms(5, 12), ms(7, 6))
    assert weekend(ms(7, 2), zone) == (ms(7, 2), ms(7, 6))
    assert weekend(ms(7, 9), zone) == (ms(11, 17), ms(14, 6))
