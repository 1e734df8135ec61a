"""The rules an organiser types, a line each."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flows.choosing.asking import read_birth
from bot.flows.organising.day_kinds import EVERY_DAY
from bot.flows.organising.refund_lines import RefundUntil
from bot.flows.organising.rule_lines import (
    Checks,
    Free,
    NoPin,
    Party,
    Renaming,
    Room,
    Rule,
    Shared,
    read_rule,
)
from bot.flows.organising.sale_window import Sales
from bot.flows.seller import seller_texts
from bot.flows.tickets.renaming import is_spelling
from boxoffice.model import Pin
from boxoffice.refund_terms import NO_REFUND, RefundTerms
from boxoffice.rules import HOUR_MS, MINUTE_MS
from boxoffice.scan_facts import Entry
from boxoffice.seating import Zone
from chat.messages import Words, words
from chat.texts import LANGUAGES
from chat.understanding import fold
from tests.flows.talking import NOW_MS

ZONE = ZoneInfo("Africa/Porto-Novo")


def ms(day: int, hour: int) -> int:
    """A time of June 2027 in Cotonou."""
    return int(datetime(2027, 6, day, hour, tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("salle 800", Room(800)),
        ("room 1 200", Room(1200)),
        ("partage 300 Standard, VIP", Shared(300, ("Standard", "VIP"))),
        ("share 300 Standard and VIP", Shared(300, ("Standard", "VIP"))),
        ("groupe Table VIP 4 personnes", Party("Table VIP", 4)),
        ("groupe Table de 4", Party("Table", 4)),
        ("corrections 24 h", Renaming(24 * HOUR_MS)),
        ("renaming 2 days", Renaming(48 * HOUR_MS)),
        ("position 6.3654, 2.4183", Pin(6_365_400, 2_418_300)),
        ("https://maps.example/@-4.325,15.3222,17z", Pin(-4_325_000, 15_322_200)),
        ("ventes du 2 juin 8h au 11 juin 20h", Sales(ms(2, 8), ms(11, 20))),
        ("ventes jusqu'au 11 juin 20h", Sales(None, ms(11, 20))),
        ("ventes dès 2 juin 8h", Sales(ms(2, 8), None)),
        ("sales from 2 june 8am to 11 june 8pm", Sales(ms(2, 8), ms(11, 20))),
        ("ventes à partir du mercredi 2 juin 2027, 8 h", Sales(ms(2, 8), None)),
        ("ventes du 2 juin à 8h au 11 juin à 20h", Sales(ms(2, 8), ms(11, 20))),
        ("sales 2 june 8h", Sales(ms(2, 8), None)),
        ("sales 2 june 8h through 11 june at 8pm", Sales(ms(2, 8), ms(11, 20))),
        ("ventes 2 juin 8h - 11 juin 20h", Sales(ms(2, 8), ms(11, 20))),
        ("ventes dès maintenant", Sales(None, None)),
        ("ventes dès maintenant jusqu’au 11 juin 20h", Sales(None, ms(11, 20))),
        ("Ventes : sans limite", Sales(None, None)),
        ("salle illimitée", Room(None)),
        ("salle 0", Room(None)),
        ("partage aucun Standard, VIP", Shared(None, ("Standard", "VIP"))),
        ("corrections jusqu’à 24 heures avant les portes", Renaming(24 * HOUR_MS)),
        ("remboursement 50 % 24 h", RefundTerms(50, 24 * HOUR_MS)),
        ("remboursement 80 % 10 min", RefundTerms(80, 10 * MINUTE_MS)),
        ("remboursement 80 % jusqu’à 30 minutes avant", RefundTerms(80, 30 * MINUTE_MS)),
        ("remboursement 100 % jusqu'au début", RefundTerms(100, 0)),
        ("refund 2 days", RefundTerms(100, 48 * HOUR_MS)),
        ("remboursement jusqu’à 2 jours avant", RefundTerms(100, 48 * HOUR_MS)),
        (
            "• Remboursement : 50 %, jusqu’au vendredi 11 juin 2027, 20 h 30",
            RefundUntil(50, ms(11, 20) + HOUR_MS // 2),
        ),
        ("Remboursement : jusqu’au 11 juin 20h", RefundUntil(None, ms(11, 20))),
        ("Refund: in full, until Friday 11 June 2027, 8:00 PM", RefundUntil(100, ms(11, 20))),
        ("remboursement en entier", None),
        ("remboursement 120 % jusqu’au 11 juin 20h", None),
        ("position 96.3654, 2.4183", None),
        ("salle", None),
        ("partage 300 Standard", None),
        ("groupe VIP 400", None),
        ("n’importe quoi", None),
    ],
)
def test_a_rule_is_a_line(line: str, rule: object) -> None:
    """What the help shows is read; what is half said is not guessed."""
    assert read_rule(line, ZONE, NOW_MS) == rule


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ventes du 2 juin au 3 juin", "ruling.sales_no_hour"),
        ("ventes jusqu’au bientôt", "ruling.sales_unread"),
        ("Remboursement : 50 %, jusqu’au vendredi 11 juin", "ruling.refund_no_hour"),
        ("Remboursement : 50 %, jusqu’au vendredi", "ruling.refund_no_hour"),
        ("Remboursement : 50 %, jusqu’au bientôt", "ruling.sales_unread"),
        ("sales 2 june 8h through 10 june", "ruling.sales_no_hour"),
    ],
)
def test_a_sale_that_cannot_be_read_says_why(line: str, why: str) -> None:
    """An hour that is missing is asked for; what is no time is quoted."""
    said = read_rule(line, ZONE, NOW_MS)
    assert isinstance(said, Words)
    assert said.key == why


NO_RULE = {
    "ruling.sales_always": ("sales", Sales(None, None)),
    "ruling.no_room": ("room", Room(None)),
    "ruling.each_its_own": ("shared", Shared(None, ())),
    "editing.no_refund": ("refund", NO_REFUND),
    "ruling.no_pin": ("pin", NoPin()),
    "ruling.age_declared": ("checks", Checks(is_asked=False)),
    "ruling.age_checked": ("checks", Checks(is_asked=True)),
    "ruling.entry_once": ("entry", Entry.ONCE),
    "ruling.entry_daily": ("entry", Entry.DAILY),
    "ruling.entry_reentry": ("entry", Entry.REENTRY),
}
"""What the page of the rules says where nothing is set, or one of a few, under which name."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", NO_RULE)
def test_what_the_rules_say_is_read_back(key: str, language: str) -> None:
    """The screen's own line, typed again, is the way back from a rule, in both languages."""
    texts = seller_texts()
    field, rule = NO_RULE[key]
    said = words("editing.line", field=words(f"editing.field_{field}"), now=words(key))
    assert read_rule(texts.render(said, language), ZONE, NOW_MS) == rule


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lines_of_their_own_are_read_back_too(language: str) -> None:
    """Free seats, no place on the map, every day of an event."""
    texts = seller_texts()
    lines: dict[str, Rule] = {"ruling.no_plan": Free(""), "ruling.not_pinned": NoPin()}
    for key, rule in lines.items():
        assert read_rule(texts.render(words(key), language), ZONE, NOW_MS) == rule
    free = texts.render(words("ruling.free_value", n=4), language)
    assert read_rule(f"VIP {free}", ZONE, NOW_MS) == Free("VIP")
    assert fold(texts.render(words("ruling.every_day"), language)) in EVERY_DAY


def test_a_plan_is_a_rule_too() -> None:
    """A line that begins with no known word may be a zone of numbered seats."""
    assert isinstance(read_rule("Parterre A:1-20 B:1-22", ZONE, NOW_MS), Zone)


@given(st.text(max_size=300))
def test_whatever_is_typed_never_breaks(text: str) -> None:
    """Any line is a rule or none; any answer is a date or none."""
    read_rule(text, ZONE, NOW_MS)
    read_birth(text, datetime(2027, 6, 1, tzinfo=ZONE).date())


@pytest.mark.parametrize(
    "said", ["12/06/2001", "12 juin 2001", "12-6-2001", "2001-06-12", "12 June 2001"]
)
def test_a_birth_date_is_read(said: str) -> None:
    """Day before month in both languages, or ISO 8601."""
    born = read_birth(said, datetime(2027, 6, 1, tzinfo=ZONE).date())
    assert born is not None
    assert born.isoformat() == "2001-06-12"


@pytest.mark.parametrize(
    "said", ["12/06/01", "31/02/2001", "12/06/2031", "01/01/1850", "juin 2001", "12", "hier"]
)
def test_what_is_no_birth_date_is_asked_again(said: str) -> None:
    """Two digits of a year, a day that never was, the future, a century too far."""
    assert read_birth(said, datetime(2027, 6, 1, tzinfo=ZONE).date()) is None


def test_a_spelling_is_not_another_person() -> None:
    """A letter, an accent, a swap of names are slips; another name is a transfer."""
    assert is_spelling("Awa Dosou", "Awa Dossou")
    assert is_spelling("Kokou Agbé", "Agbe Kokou")
    assert not is_spelling("Awa Dossou", "Koffi Mensah")
