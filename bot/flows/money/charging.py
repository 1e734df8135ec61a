"""The fee of this box office a ticket: set by its owner, for everybody or for one organiser."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.house import House
from bot.flows.organising.organiser_words import in_lines, list_button, reserved
from bot.flows.reading import id_at
from bot.flows.team.noting import note_of
from boxoffice.money import AmountRefused, parse_money
from chat.messages import Chat, Choice, Say, Tap, Text, Then, Turn, Words, words
from chat.talk import Step
from storage import fees, loans, organisers, payouts
from storage.database import Tx
from storage.ids import to_text

ORGANISERS_MAX = 7


@dataclass(frozen=True, slots=True)
class Charging:
    """Setting fees."""

    house: House

    def actions(self) -> Mapping[str, Step]:
        """What each button does."""
        return {"fees": self.show}

    def steps(self) -> Mapping[str, Step]:
        """What free text means."""
        return {"fees": self.hear}

    def number_steps(self) -> frozenset[str]:
        """An amount is an answer."""
        return frozenset({"fees"})

    def commands(self) -> Mapping[str, str]:
        """Words understood from anywhere."""
        return dict.fromkeys(("frais", "fees", "frais de service"), "fees")

    async def show(self, tx: Tx, chat: Chat, tap: Tap) -> Turn:
        """Show the fees, `fees`; ask for one: `fees:all`, `fees:ORGANISER`."""
        if not await loans.owns_platform(tx, chat.person_id):
            return await self._to_read(tx, chat)
        whose = tap.action.partition(":")[2]
        if not whose:
            return await self._panel(tx)
        organiser_id = fees.EVERYBODY if whose == "all" else id_at(tap.action, 1)
        if organiser_id is None:
            return await self._panel(tx)
        return self._ask(organiser_id)

    def _ask(self, organiser_id: int, *notes: Words) -> Turn:
        back = Choice(words("fees.back"), "fees")
        said = in_lines(*notes, words("fees.ask", currency=self.house.currency))
        return Turn((Say(said, (back,)),), Then("fees", {"organiser": organiser_id}))

    async def hear(self, tx: Tx, chat: Chat, text: Text) -> Turn:
        """Take the amount a ticket; nought is no fee."""
        if not await loans.owns_platform(tx, chat.person_id):
            return reserved()
        organiser_id = int(chat.memory["organiser"])
        fee = parse_money(text.text, self.house.currency)
        if isinstance(fee, AmountRefused):
            return self._ask(organiser_id, words("till.count_again"))
        await fees.set_fee(tx, organiser_id, fee, by=chat.person_id, now_ms=chat.now_ms)
        platform = await organisers.first_organiser(tx)
        noted = organiser_id or platform
        if noted is not None:
            await note_of(tx, chat, noted, words("journal.fee", fee=fee))
        return await self._panel(tx, words("fees.kept"))

    async def _panel(self, tx: Tx, *notes: Words) -> Turn:
        currency = self.house.currency
        everybody = await fees.fee_for(tx, fees.EVERYBODY, currency)
        own = await fees.own_fees(tx, currency)
        lines = tuple(words("fees.own", name=one.name, fee=one.per_ticket) for one in own)
        found = await payouts.organisers_with_money(tx, ORGANISERS_MAX)
        choices = (
            Choice(words("fees.label_all"), "fees:all"),
            *(
                Choice(words("fees.label", name=name), f"fees:{to_text(one)}")
                for one, name in found
            ),
            list_button(),
        )
        said = in_lines(*notes, words("fees.panel", fee=everybody), *lines)
        return Turn((Say(said, choices),), Then())

    async def _to_read(self, tx: Tx, chat: Chat) -> Turn:
        """Tell an organiser the fee they pay; it is the box office's owner who sets it."""
        organiser_id = await organisers.organiser_of(tx, chat.person_id)
        if organiser_id is None:
            return reserved()
        fee = await fees.fee_for(tx, organiser_id, self.house.currency)
        return Turn((Say(words("fees.yours", fee=fee), (list_button(),)),), Then())
