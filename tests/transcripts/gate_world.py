"""What the world does around gates.

! entrée Tribune jazz: VIP          one more gate, for these kinds alone
! ferme Entrée jazz                 a gate closes; `! ouvre Entrée jazz`
! annulé jazz                       an event is given up; `! reporté jazz`; `! maintenu jazz`
! âge 21 jazz                       its minimum age is another now
! encaissé                          the newest page is paid, and its notice never comes
! réseau porte2 Entrée awa 3        without network, porte2 let awa's ticket in at Entrée, three
                                    minutes ago; the network is back, and the terminal tells
! panne jazz                        we no longer know where on earth the event is: nobody can be
                                    judged by the clock; `! réparé jazz`
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from boxoffice.codes import code_hash
from boxoffice.rules import HOUR_MS, MINUTE_MS
from boxoffice.verdicts import Verdict
from gate_scanner.decoding import Shape, decode
from gate_scanner.terminal.entering import KEPT_MS
from gate_scanner.terminal.uploading import Entry, Uploader
from storage import events, staff, terminals
from tests.transcripts import pictures

if TYPE_CHECKING:
    from storage.database import Tx
    from tests.transcripts.stage import Stage


async def add_gate(stage: Stage, rest: str) -> None:
    """Open one more gate, for these kinds alone."""
    place, _, listed = rest.partition(":")
    gate, _, name = place.rpartition(" ")
    wanted = {kind.strip() for kind in listed.split(",") if kind.strip()}

    async def add(tx: Tx, now_ms: int) -> None:
        gate_id = await staff.add_gate(tx, stage.events[name], gate, now_ms)
        kinds = await events.kinds_of(tx, stage.events[name])
        await staff.admit_only(tx, gate_id, [kind.id for kind in kinds if kind.name in wanted])

    await stage.database.write(add, stage.clock())


async def close_gate(stage: Stage, rest: str) -> None:
    """Close a gate."""
    await _set_gate(stage, rest, "closed")


async def open_gate(stage: Stage, rest: str) -> None:
    """Open it again."""
    await _set_gate(stage, rest, "open")


async def _set_gate(stage: Stage, rest: str, status: str) -> None:
    wanted, _, name = rest.rpartition(" ")
    gates = await stage.database.read(staff.gates_of, stage.events[name])
    [gate] = [gate for gate in gates if gate.name == wanted]
    assert await stage.database.write(staff.set_gate_status, gate.id, status)


async def give_up(stage: Stage, name: str) -> None:
    """Give an event up."""
    await _set_status(stage, name, "cancelled")


async def put_off(stage: Stage, name: str) -> None:
    """Put an event off."""
    await _set_status(stage, name, "postponed")


async def hold_on(stage: Stage, name: str) -> None:
    """Let it take place after all."""
    await _set_status(stage, name, "published")


async def back_online(stage: Stage, rest: str) -> None:
    """Let a terminal tell whom it let in while there was no network."""
    who, gate_name, whose, minutes = rest.split(" ")
    at_ms = stage.clock() - int(minutes) * MINUTE_MS
    [text] = decode(await pictures.received(stage, whose, 0), accept=Shape.TICKET).texts
    person_id = (await stage.database.read(_staff_named, who.title()))["person_id"]
    [post] = await stage.database.read(staff.posts_of, person_id, stage.clock())
    gates = await stage.database.read(staff.gates_of, post.event_id)
    [gate] = [one for one in gates if one.name == gate_name]
    house = stage.guichet.house

    async def tell(tx: Tx, now_ms: int) -> None:
        token = f"{who} {gate_name} {whose} {minutes} {now_ms}"
        terminal_id = await terminals.open_terminal(
            tx,
            token,
            staff_id=post.staff_id,
            gate_id=gate.id,
            language="fr",
            kept_ms=KEPT_MS,
            now_ms=at_ms - HOUR_MS,
        )
        entry = Entry(
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, token)),
            terminal_id=terminal_id or 0,
            verdict=Verdict.OFFLINE_UNVERIFIED,
            at_ms=at_ms,
            code=text,
            raw_hash=code_hash(text),
            typed=False,
        )
        uploader = Uploader(house.keyring, house.mode)
        taken = await uploader.take_in(tx, terminals.hashed(token), [entry], now_ms)
        assert taken is not None

    await stage.database.write(tell, stage.clock())


async def raise_age(stage: Stage, rest: str) -> None:
    """Change the age an event asks for: `21 jazz`."""
    age, name = rest.split(" ")

    async def write(tx: Tx) -> None:
        await tx.run(
            "UPDATE events SET age_min = :age WHERE id = :id", age=int(age), id=stage.events[name]
        )

    await stage.database.write(write)


async def paid_in_silence(stage: Stage, _: str) -> None:
    """Let the provider have the money of the newest page, and say nothing of it."""

    async def book(tx: Tx) -> None:
        await tx.run(
            "UPDATE sandbox_payments SET status = 'paid' WHERE idempotency_key ="
            " (SELECT CAST(MAX(id) AS TEXT) FROM payments)"
        )

    await stage.database.write(book)


async def break_down(stage: Stage, name: str) -> None:
    """Lose what a refusal needs to be worded: our own fault, whatever it may be."""
    await _set_zone(stage, name, "Nowhere/Town")


async def mend(stage: Stage, name: str) -> None:
    """Find it again."""
    await _set_zone(stage, name, "Africa/Porto-Novo")


async def _set_zone(stage: Stage, name: str, zone: str) -> None:
    async def write(tx: Tx) -> None:
        await tx.run(
            "UPDATE events SET zone = :zone WHERE id = :id", zone=zone, id=stage.events[name]
        )

    await stage.database.write(write)


async def _set_status(stage: Stage, name: str, status: str) -> None:
    async def write(tx: Tx) -> None:
        await tx.run(
            "UPDATE events SET status = :status WHERE id = :id",
            status=status,
            id=stage.events[name],
        )

    await stage.database.write(write)


async def _staff_named(tx: Tx, name: str) -> dict[str, int]:
    row = await tx.row("SELECT person_id FROM staff WHERE name = :name", name=name)
    assert row is not None, f"nobody called {name} works here"
    return {"person_id": row["person_id"]}
