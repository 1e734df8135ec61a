"""docs/whatsapp.md and the code say the same of Twilio's codes and of the templates."""

import re
from pathlib import Path

import pytest

from bot.handlers.whatsapp.registry import TEMPLATES
from bot.handlers.whatsapp.statuses import LOSSES, RANKS, loss_of
from chat.channel import Loss

ROOT = Path(__file__).parents[2]
TOLD = (ROOT / "docs" / "whatsapp.md").read_text(encoding="utf-8")

ROWS = {
    Loss.SILENCE: "the template instead",
    Loss.BUSY: "the same again after a minute",
    Loss.PICTURE: "the same in words",
    Loss.BUTTONS: "the same with a numbered menu",
    Loss.GONE: "not reached here",
}


def test_every_code_stands_in_the_row_of_what_follows() -> None:
    """No code is handled that is not told, none is told that is handled otherwise."""
    found: dict[int, Loss] = {}
    for loss, words in ROWS.items():
        [row] = [line for line in TOLD.splitlines() if line.startswith("|") and words in line]
        codes = re.findall(r"\b\d{5}\b", row)
        found |= {int(code): loss for code in codes}
    assert found == dict(LOSSES)


def test_what_twilio_may_invent_is_tried_again() -> None:
    """An unknown code is taken for a fault that passes; a status after an end changes nothing."""
    assert loss_of(63999) is Loss.BUSY
    ends = [RANKS[status] for status in ("delivered", "undelivered", "failed", "canceled")]
    assert len(set(ends)) == 1
    assert max(RANKS[one] for one in ("accepted", "queued", "sending", "sent")) < ends[0]
    assert RANKS["read"] > ends[0]


def test_every_template_is_told() -> None:
    """The table of templates has each of them, and no other."""
    assert set(re.findall(r"^\| `(\w+)` \|", TOLD, re.MULTILINE)) == set(TEMPLATES)


@pytest.mark.parametrize(
    ("page", "cost", "templates"),
    [
        ("README.md", "A ticket costs six outgoing messages", "there are seven"),
        ("README.fr.md", "Un billet coûte six messages envoyés", "il y en a sept"),
        ("docs/whatsapp.md", "Six messages go out from hello to ticket", "Guichet has seven"),
    ],
)
def test_the_figures_of_the_pages_are_those_of_the_tests(
    page: str, cost: str, templates: str
) -> None:
    """`test_cost.py` counts the first, the registry the second."""
    told = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert cost in told
    assert templates in told
    assert len(TEMPLATES) == 7
