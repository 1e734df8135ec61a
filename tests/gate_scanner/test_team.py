"""Before the first photo: joining a team, choosing a gate, leaving it, being sent home."""

from boxoffice.rules import DAY_MS
from chat.messages import Codes, Start, Tap
from storage import staff
from storage.doors import doors_of
from storage.ids import to_text
from tests.gate_scanner.door import NOW_MS, Doors, Phone
from tests.gate_scanner.joining import invited, joined


async def team_size(doors: Doors) -> int:
    """Count the team."""
    rows = await doors.rows("SELECT id FROM staff WHERE revoked_ms IS NULL")
    return len(rows)


async def test_opening_a_link_changes_nothing_and_its_button_joins_once(doors: Doors) -> None:
    """A link preview burns no invitation; the first who presses is in, the next is told so."""
    kofi, awa = Phone(doors.database, "kofi"), Phone(doors.database, "awa")
    link = await invited(doors)
    asks = [await kofi.hear(link), await kofi.hear(link), await awa.hear(link)]
    assert await team_size(doors) == 1
    assert "Nuit du Jazz" in asks[0].text
    told = await kofi.tap(asks[0], "Rejoindre l’équipe")
    assert told.text.startswith("Prêt\u00a0: Porte Nord")
    assert await team_size(doors) == 2
    refused = await awa.tap(asks[2], "Rejoindre l’équipe")
    assert "déjà servi" in refused.text
    assert await team_size(doors) == 2
    again = await kofi.tap(asks[1], "Rejoindre l’équipe")
    assert again.text.startswith("Prêt")


async def test_a_link_ends_after_its_time(doors: Doors) -> None:
    """An old link, or an invented one, is told from a good one, and says whom to ask."""
    link = await invited(doors)
    late = Phone(doors.database, "late", now_ms=NOW_MS + DAY_MS)
    assert "plus valable" in (await late.hear(link)).text
    assert "plus valable" in (await late.hear(Start("s_nothing"))).text
    assert "plus valable" in (await late.hear(Tap("join:0000"))).text


async def test_strangers_learn_only_whom_to_ask(doors: Doors) -> None:
    """Without an invitation nothing is judged or told, and what they sent is journalled."""
    stranger = Phone(doors.database, "stranger")
    _, code = await doors.ticket(holder="Awa Dossou")
    assert "réservé aux équipes" in (await stranger.hear(Start())).text
    assert "réservé aux équipes" in (await stranger.say("bonjour")).text
    told = await stranger.hear(Codes((code,)))
    assert "NON AUTORISÉ" in told.text
    assert "Awa" not in told.text
    rows = await doors.rows("SELECT verdict FROM scans")
    assert [row["verdict"] for row in rows] == ["staff_not_allowed"]


async def test_event_and_gate_are_chosen_by_buttons_or_words(doors: Doors) -> None:
    """With several of each, one is asked after the other; a number or a name typed is a tap."""
    await doors.gate("Porte Sud")
    gala = await Doors(doors.database).build(event={"title": "Gala"})
    phone = Phone(doors.database, "steward")
    told = await joined(doors, phone)
    assert "à quelle porte" in told
    ready = await phone.say("2")
    assert ready.text.startswith("Prêt\u00a0: Porte Sud")
    other = await phone.hear(await invited(gala))
    await phone.tap(other, "Rejoindre l’équipe")
    events = await phone.tap(await phone.say("menu"), "Changer d’événement")
    assert len(events.buttons) == 2
    gates = await phone.say("nuit du jazz")
    assert set(gates.buttons) == {"Porte Nord", "Porte Sud"}
    ready = await phone.say("porte nord")
    assert ready.text.startswith("Prêt\u00a0: Porte Nord")


async def test_who_is_bound_to_a_gate_stands_there(doors: Doors) -> None:
    """A team member bound to one gate is offered no other, not even by an old button."""
    south = await doors.gate("Porte Sud")
    phone = Phone(doors.database, "steward")
    ask = await phone.hear(await invited(doors, gate_id=south))
    ready = await phone.tap(ask, "Rejoindre l’équipe")
    assert ready.text.startswith("Prêt\u00a0: Porte Sud")
    mine = await doors.rows("SELECT MAX(id) AS id FROM staff")
    elsewhere = f"gate:{to_text(mine[0]['id'])}:{to_text(doors.gate_id)}"
    assert (await phone.hear(Tap(elsewhere))).text.startswith("Prêt\u00a0: Porte Sud")
    _, code = await doors.ticket()
    await phone.hear(Codes((code,)))
    scans = await doors.rows("SELECT gate_id, verdict FROM scans")
    assert scans == [{"gate_id": south, "verdict": "admitted"}]


async def test_a_photo_before_a_gate_is_chosen_uses_nothing(doors: Doors) -> None:
    """Nothing is judged nowhere: the choice comes first, and the photo is asked for again."""
    await doors.gate("Porte Sud")
    phone = Phone(doors.database, "steward")
    await joined(doors, phone)
    ticket_id, code = await doors.ticket()
    first, choice = await phone.hear_all(Codes((code,)))
    assert first.text.startswith("Rien n’a été validé")
    await phone.tap(choice, "Porte Sud")
    assert "VALIDÉ" in (await phone.hear(Codes((code,)))).text
    rows = await doors.rows("SELECT scanned_at_ms FROM tickets WHERE id = :id", id=ticket_id)
    assert rows[0]["scanned_at_ms"] == NOW_MS


async def test_leaving_the_gate_stops_scanning(doors: Doors, phone: Phone) -> None:
    """After leaving, the only gate is found again by one button."""
    left = await phone.say("quitter")
    assert (await phone.tap(left, "Reprendre")).text.startswith("Prêt")
    assert "VALIDÉ" in (await phone.hear(Codes(((await doors.ticket())[1],)))).text


async def test_who_was_dismissed_scans_no_more(doors: Doors, phone: Phone) -> None:
    """From the moment of the dismissal, the next scan is refused and uses nothing."""
    _, code = await doors.ticket()
    rows = await doors.rows("SELECT MAX(id) AS id FROM staff")
    assert await doors.database.write(staff.dismiss, rows[0]["id"], NOW_MS)
    assert "NON AUTORISÉ" in (await phone.hear(Codes((code,)))).text
    assert "réservé aux équipes" in (await phone.say("changer de porte")).text


async def test_a_gate_counts_who_may_stand_there(doors: Doors) -> None:
    """A steward without a gate of their own may stand at each; one of another gate may not."""
    garden = await doors.gate("Jardin")
    await doors.staff(await doors.person(), bound_gate_id=garden)
    await doors.staff(await doors.person(), role="supervisor")
    await doors.staff(await doors.person(), revoked_ms=NOW_MS)
    counted = await doors.database.read(doors_of, doors.event_id)
    assert [(one.name, one.people) for one in counted] == [("Jardin", 2), ("Porte Nord", 1)]
