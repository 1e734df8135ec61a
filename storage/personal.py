"""What is kept on a person: one query a subject, each answering with what a person may read.

Columns that end in `_ms` are times; `amount_minor` stands beside a `currency`. A test compares the
tables named here with those that refer to a person or to a conversation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from storage.database import Tx

MESSAGES_MAX = 500
"""The newest messages of the week they are kept; a file a phone can open."""

_MINE = "SELECT id FROM chats WHERE person_id = :person_id"

_QUERIES: Mapping[str, str] = {
    "person": "SELECT name, created_ms AS since_ms FROM people WHERE id = :person_id",
    "accounts": "SELECT channel AS app, talk, ref AS account, language, created_ms AS since_ms,"
    " heard_ms FROM chats WHERE person_id = :person_id ORDER BY created_ms",
    "whatsapp": "SELECT whatsapp_people.ref AS account, heard_ms FROM whatsapp_people"
    " WHERE ref IN (SELECT ref FROM chats WHERE person_id = :person_id AND channel = 'whatsapp')"
    " ORDER BY heard_ms",
    "rescues": "SELECT kind, address AS account, left_ms AS made_ms FROM rescue_contacts"
    " WHERE person_id = :person_id ORDER BY kind",
    "links": "SELECT people.name, made_ms, undone_ms FROM links JOIN people"
    " ON people.id = CASE WHEN kept_id = :person_id THEN joined_id ELSE kept_id END"
    " WHERE kept_id = :person_id OR joined_id = :person_id ORDER BY made_ms",
    "orders": "SELECT reference, events.title AS event, orders.status, quantity,"
    " total_minor AS amount_minor, orders.currency, held_ms AS made_ms, closed_ms"
    " FROM orders JOIN events ON events.id = orders.event_id"
    " WHERE buyer_id = :person_id ORDER BY held_ms",
    "holders": "SELECT reference, number AS rank, holder, birth_date FROM seats"
    " JOIN orders ON orders.id = seats.order_id WHERE buyer_id = :person_id"
    " AND (holder IS NOT NULL OR birth_date IS NOT NULL) ORDER BY held_ms, number",
    "tickets": "SELECT events.title AS event, kinds.name AS kind, number AS rank,"
    " CASE WHEN tickets.status = 'valid' AND tickets.entry = 'once'"
    "  AND scanned_at_ms IS NOT NULL THEN 'used'"
    " ELSE tickets.status END AS status,"
    " holder, birth_date, tickets.created_ms AS made_ms, delivered_ms,"
    " scanned_at_ms AS entered_ms FROM tickets JOIN events ON events.id = tickets.event_id"
    " JOIN kinds ON kinds.id = tickets.kind_id WHERE owner_id = :person_id ORDER BY tickets.id",
    "transfers": "SELECT from_name AS given_by, to_name AS given_to, status,"
    " offered_ms AS made_ms, ended_ms AS closed_ms FROM transfers"
    " WHERE from_id = :person_id OR to_id = :person_id ORDER BY offered_ms",
    "acceptances": "SELECT reference, accepted_ms, acceptances.age_min AS age, body"
    " FROM acceptances JOIN orders ON orders.id = acceptances.order_id"
    " JOIN condition_texts ON condition_texts.digest = acceptances.digest"
    " WHERE acceptances.person_id = :person_id ORDER BY accepted_ms",
    "payments": "SELECT reference, provider, payments.status, amount_minor, payments.currency,"
    " provider_ref AS provider_number, payer_phone, started_ms AS made_ms, paid_ms FROM payments"
    " JOIN orders ON orders.id = payments.order_id"
    " WHERE buyer_id = :person_id ORDER BY payments.started_ms",
    "refunds": "SELECT reference, refunds.status, refunds.amount_minor, refunds.currency,"
    " refunds.asked_ms AS made_ms, refunds.closed_ms FROM refunds"
    " JOIN payments ON payments.id = refunds.payment_id"
    " JOIN orders ON orders.id = payments.order_id"
    " WHERE buyer_id = :person_id ORDER BY refunds.asked_ms",
    "questions": f"SELECT reference, body, asked_ms AS made_ms, answered_ms FROM questions"
    f" WHERE chat_id IN ({_MINE}) ORDER BY asked_ms",
    "recoveries": "SELECT reference, recoveries.status, made_ms, recoveries.closed_ms"
    " FROM recoveries LEFT JOIN orders ON orders.id = recoveries.order_id"
    f" WHERE recoveries.chat_id IN ({_MINE}) OR recoveries.old_chat_id IN ({_MINE})"
    " ORDER BY made_ms",
    "posts": "SELECT events.title AS event, role, staff.name, joined_ms AS since_ms,"
    " revoked_ms AS until_ms FROM staff JOIN events ON events.id = staff.event_id"
    " WHERE person_id = :person_id ORDER BY joined_ms",
    "memberships": "SELECT organisers.name AS organiser, role, since_ms, revoked_ms AS until_ms"
    " FROM memberships JOIN organisers ON organisers.id = memberships.organiser_id"
    " WHERE person_id = :person_id ORDER BY since_ms",
    "terminals": "SELECT events.title AS event, opened_ms AS since_ms, closed_ms FROM terminals"
    " JOIN events ON events.id = terminals.event_id WHERE person_id = :person_id"
    " ORDER BY opened_ms",
    "scans": "SELECT COUNT(*) AS count, MIN(judged_ms) AS since_ms, MAX(judged_ms) AS until_ms"
    " FROM scans WHERE person_id = :person_id HAVING COUNT(*) > 0",
    "sales": "SELECT events.title AS event, kind, quota AS quantity, sold AS count,"
    " joined_ms AS since_ms, revoked_ms AS until_ms FROM sellers"
    " JOIN events ON events.id = sellers.event_id WHERE person_id = :person_id"
    " ORDER BY joined_ms",
    "tills": "SELECT events.title AS event, counted_minor AS amount_minor,"
    " cash_closings.currency, closed_ms FROM cash_closings"
    " JOIN events ON events.id = cash_closings.event_id WHERE person_id = :person_id"
    " ORDER BY closed_ms",
    "codes": "SELECT events.title AS event, promos.code AS kind, claimed_ms AS made_ms"
    " FROM promo_claims JOIN promos ON promos.id = promo_claims.promo_id"
    " JOIN events ON events.id = promo_claims.event_id WHERE promo_claims.person_id = :person_id"
    " ORDER BY claimed_ms",
    "answers": "SELECT events.title AS event, answer AS status, answered_ms FROM answers"
    " JOIN announcements ON announcements.id = answers.announcement_id"
    " JOIN events ON events.id = announcements.event_id WHERE person_id = :person_id"
    " ORDER BY answered_ms",
    "waiting": "SELECT events.title AS event, waiting.quantity AS count, waiting.status AS status,"
    " joined_ms AS made_ms FROM waiting JOIN events ON events.id = waiting.event_id"
    " WHERE waiting.person_id = :person_id ORDER BY joined_ms",
    "wishes": "SELECT organisers.name AS organiser, agreed AS count, asked_ms AS made_ms,"
    " answered_ms FROM consents JOIN organisers ON organisers.id = consents.organiser_id"
    " WHERE person_id = :person_id ORDER BY asked_ms",
    "reminders": "SELECT events.title AS event, asked_ms AS made_ms FROM reminders"
    " JOIN events ON events.id = reminders.event_id WHERE person_id = :person_id"
    " ORDER BY asked_ms",
    "contests": "SELECT gate_name AS kind, asked_ms AS made_ms, answered_ms FROM contests"
    " WHERE owner_id = :person_id ORDER BY asked_ms",
    "journal": "SELECT COUNT(*) AS count, MIN(at_ms) AS since_ms, MAX(at_ms) AS until_ms"
    " FROM journal WHERE person_id = :person_id HAVING COUNT(*) > 0",
    "ledger": "SELECT COUNT(*) AS count, MIN(at_ms) AS since_ms, MAX(at_ms) AS until_ms"
    " FROM ledger WHERE person_id = :person_id HAVING COUNT(*) > 0",
    "messages": "SELECT received_ms AS made_ms, channel AS app, talk, payload AS body"
    " FROM inbox WHERE id IN"
    " (SELECT inbox.id FROM inbox JOIN chats ON chats.channel = inbox.channel"
    "   AND chats.talk = inbox.talk AND chats.ref = inbox.ref"
    "  WHERE chats.person_id = :person_id AND payload IS NOT NULL AND form = 'raw'"
    f"  ORDER BY inbox.id DESC LIMIT {MESSAGES_MAX}) ORDER BY id",
}

SECTIONS = tuple(_QUERIES)
"""Every subject, in the order in which a person reads of them."""


Record = Mapping[str, int | str | None]


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject with its records, each by column."""

    name: str
    records: tuple[Record, ...]


async def kept_on(tx: Tx, person_id: int) -> list[Subject]:
    """Read everything that is kept on a person; subjects without records are left out."""
    found = []
    for name, sql in _QUERIES.items():
        rows = await tx.rows(sql, person_id=person_id)
        if rows:
            # The rows of both engines are mappings; here they become plain ones.
            found.append(Subject(name, tuple(dict(cast("Any", row)) for row in rows)))
    return found
