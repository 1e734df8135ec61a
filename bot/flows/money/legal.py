"""What an organiser's receipts say of them: legal name, address, tax number, tax, a note."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.organising.answers import clean
from bot.flows.organising.organiser_words import in_lines, list_button, reserved
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from chat.understanding import fold
from storage import legal, organisers
from storage.database import Tx
from storage.legal import LegalDetails, LegalField

FIELDS: tuple[LegalField, ...] = ("name", "address", "tax_number", "note")

CHARS_MAX: Mapping[LegalField, int] = {"name": 80, "address": 200, "tax_number": 40, "note": 240}
"""What fits on a receipt: a name on one line, an address on four, a note on three."""

TAX_NAME_CHARS_MAX = 20

_TAX = re.compile(r"(?P<name>\D{1,40}?)\s*(?P<rate>\d{1,2}(?:[.,]\d{1,2})?)\s*%?")
_ERASED = frozenset({"effacer", "aucun", "aucune", "rien", "clear", "none"})


@dataclass(frozen=True, slots=True)
class Legal:
    """The conversation about legal details."""

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"legal": self.show}

    def steps(self) -> Mapping[str, Step]:
        """What free text means."""
        return {"legal": self.hear}

    def number_steps(self) -> frozenset[str]:
        """A tax number is an answer, not the choice of that rank."""
        return frozenset({"legal"})

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return dict.fromkeys(("mentions", "mentions legales", "legal", "legal details"), "legal")

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show what stands on receipts: `legal`; ask for one of it: `legal:FIELD`."""
        organiser_id = await organisers.organiser_of(tx, chat.person_id)
        if organiser_id is None:
            return reserved()
        field = tap.action.partition(":")[2]
        if field not in {*FIELDS, "tax"}:
            return _panel(await legal.legal_of(tx, organiser_id))
        ask = Say(words(f"legal.ask_{field}"), (Choice(words("legal.back"), "legal"),))
        return Turn((ask,), Then("legal", {"field": field}))

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take one of the details; `effacer` leaves it off."""
        organiser_id = await organisers.organiser_of(tx, chat.person_id)
        if organiser_id is None:
            return reserved()
        field = chat.memory["field"]
        said = clean(text.text, keep_lines=field == "address")
        if fold(said) in _ERASED:
            said = ""
        now_ms, by = chat.now_ms, chat.person_id
        if field == "tax":
            tax = read_tax(said) if said else ("", 0)
            if tax is None:
                return Turn((Say(words("legal.bad_tax"), (Choice(words("legal.back"), "legal"),)),))
            await legal.set_tax(tx, organiser_id, *tax, by=by, now_ms=now_ms)
        else:
            if len(said) > CHARS_MAX[field]:
                again = words("legal.too_long", most=CHARS_MAX[field])
                return Turn((Say(again, (Choice(words("legal.back"), "legal"),)),))
            await legal.set_detail(tx, organiser_id, field, said, by=by, now_ms=now_ms)
        return _panel(await legal.legal_of(tx, organiser_id), words("legal.kept"))


def read_tax(text: str) -> tuple[str, int] | None:
    """Read `TVA 18 %` as a name and a rate in hundredths of a percent; None if it is not that."""
    found = _TAX.fullmatch(text.strip())
    if found is None or not found["name"].strip(" :") or len(found["name"]) > TAX_NAME_CHARS_MAX:
        return None
    whole, _, part = found["rate"].replace(",", ".").partition(".")
    rate_bp = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    return (found["name"].strip(" :"), rate_bp) if rate_bp else None


def _panel(details: LegalDetails, *notes: Words) -> Turn:
    none = words("legal.unset")

    def shown(text: str) -> Words | str:
        return text or none

    tax: Words = none
    if details.tax_rate_bp:
        rate = f"{details.tax_rate_bp / 100:g}".replace(".", ",")
        tax = words("legal.tax_is", name=details.tax_name, rate=rate)
    panel = words(
        "legal.panel",
        name=details.name,
        address=shown(details.address),
        tax_number=shown(details.tax_number),
        tax=tax,
        remark=shown(details.note),
    )
    choices = tuple(
        Choice(words(f"legal.label_{field}"), f"legal:{field}") for field in (*FIELDS[:3], "tax")
    )
    last = Choice(words("legal.label_note"), "legal:note")
    return Turn((Say(in_lines(*notes, panel), (*choices, last, list_button())),), Then())
