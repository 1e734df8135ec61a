"""What the world says of an event's tickets: facts of an `! événement` line beside its kinds.

âge vérifié          a birth date a holder
une entrée par jour  `daily`; `sorties` is re-entry, with a gate called Sortie that leads out
groupe Famille de 4  N people on one ticket
salle 800            so many people inside at a time
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from boxoffice.scan_facts import Entry
from storage import event_rules, events, staff

if TYPE_CHECKING:
    from storage.database import Tx


async def set_rules(tx: Tx, event_id: int, facts: tuple[str, ...], now_ms: int) -> None:
    """Give a new event the rules that its facts name."""
    if "âge vérifié" in facts:
        await tx.run("UPDATE events SET checks_age = 1 WHERE id = :id", id=event_id)
    for fact, entry in (("une entrée par jour", Entry.DAILY), ("sorties", Entry.REENTRY)):
        if fact in facts:
            await event_rules.set_entry(tx, event_id, entry)
    if "sorties" in facts:
        await staff.add_exit(tx, event_id, "Sortie", now_ms)
    for fact in facts:
        if found := re.fullmatch(r"salle (\d+)", fact):
            await event_rules.change_room(tx, event_id, None, int(found[1]))
        if found := re.fullmatch(r"groupe (.+) de (\d+)", fact):
            await event_rules.set_entry(tx, event_id, Entry.PARTY)
            kinds = await events.kinds_of(tx, event_id)
            [kind] = [kind for kind in kinds if kind.name == found[1]]
            await event_rules.set_party(tx, kind.id, int(found[2]))
