"""What stands on a ticket, in words, by what was sold."""

from bot.flows.seller import seller_texts
from bot.tickets.gallery import face_of
from boxoffice.model import Seat
from storage import tickets
from storage.database import Database
from tests.storage.test_ticket_rules import an_event, sell


async def test_a_party_says_how_many_it_lets_in_and_one_person_nothing(database: Database) -> None:
    """Beside the kind stands the number of persons; its rules speak of a party, or of one."""
    kinds = ("Famille 18000 x 5", "Standard 5000 x 9", "groupe Famille de 4")
    event, (family, standard) = await an_event(database, *kinds)
    said = []
    for kind, buyer in ((family, "awa"), (standard, "kofi")):
        seats = [Seat(1, kind.id, kind.price.amount_minor, None)]
        (ticket_id,) = await database.write(sell, event, kind, seats, buyer)
        full = await database.read(tickets.ticket_by_id, ticket_id)
        assert full is not None
        face = face_of(full, seller_texts(), "fr")
        said.append((face.kind, "groupe" in face.rules))
    assert said == [("Famille · 4\u00a0personnes", True), ("Standard", False)]
