"""Linking two accounts: once, whole, and back again, whoever does what at the same time."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from chat.messages import Tap
from storage import chats, linking, organisers, staff, waiting
from storage.database import Database, Row, Tx
from storage.ids import to_text
from tests.flows.talking import NOW_MS, Talker, organiser
from tests.transcripts.world import ZONE, make_event

EVENING = datetime(2027, 6, 12, 20, 30, tzinfo=ZoneInfo(ZONE))


async def an_event(database: Database, *facts: str) -> int:
    """An event on sale."""
    return await database.write(
        make_event, "Nuit du Jazz", EVENING, facts or ("Standard 5000 x 30",), NOW_MS
    )


async def code_of(talker: Talker) -> str:
    """The code that somebody is shown now."""
    found = re.search(r"^\d{4} \d{4}$", await talker.type("relier"), re.MULTILINE)
    assert found is not None
    return found[0].replace(" ", "")


async def person_of(database: Database, ref: str) -> int:
    """Who somebody is now."""

    async def read(tx: Tx) -> int:
        row = await tx.row("SELECT person_id FROM chats WHERE ref = :ref", ref=ref)
        assert row is not None
        return int(row["person_id"])

    return await database.read(read)


async def strays(tx: Tx) -> list[Row]:
    """The orders, acceptances and tickets that are not their chat's person's."""
    return await tx.rows(
        "SELECT orders.id FROM orders JOIN chats ON chats.id = orders.chat_id"
        " LEFT JOIN acceptances ON acceptances.order_id = orders.id"
        " WHERE buyer_id <> chats.person_id OR acceptances.person_id <> buyer_id"
    )


@dataclass(frozen=True, slots=True)
class Posts:
    """What somebody may do."""

    organisers: int
    roles: tuple[str, ...]


async def posts_of(database: Database, ref: str) -> Posts:
    """Read what somebody may do."""
    person_id = await person_of(database, ref)
    held = await database.read(staff.posts_of, person_id, NOW_MS)
    runs = await database.read(organisers.organiser_of, person_id)
    return Posts(int(runs is not None), tuple(post.role for post in held))


async def test_a_code_links_one_of_many_who_type_it_at_once(database: Database) -> None:
    """Ten people press the same code's button together: one is linked, nine are told it is used."""
    awa = Talker(database, "awa")
    code = await code_of(awa)
    others = [Talker(database, f"autre{n}") for n in range(10)]
    for one in others:
        await one.open("")
    said = await asyncio.gather(*(one.hear_tap(f"linkto:{code}") for one in others))
    assert sum("Relié à" in one for one in said) == 1
    assert sum("n’est pas valable, ou ne l’est plus" in one for one in said) == 9


async def test_posts_go_with_the_person_and_come_back(database: Database) -> None:
    """Who runs a box office and stands at its gate does so on both accounts, until they part."""
    event_id = await an_event(database)
    awa = await organiser(database, "awa")
    koffi = Talker(database, "koffi")
    await koffi.open("")
    ids = {who: await person_of(database, who) for who in ("awa", "koffi")}
    for who, role in (("koffi", "supervisor"), ("awa", "steward")):
        await database.write(
            staff.engage, event_id=event_id, person_id=ids[who], role=role, name=who, now_ms=NOW_MS
        )
    [post] = await database.read(staff.posts_of, ids["koffi"], NOW_MS)
    assert await database.write(staff.dismiss, post.staff_id, NOW_MS)
    before = {who: await posts_of(database, who) for who in ids}
    assert before == {"awa": Posts(1, ("steward",)), "koffi": Posts(0, ())}

    # Awa types Koffi's code: Koffi's account is kept, and Awa's post wakes the one he had lost.
    await awa.hear_tap(f"linkto:{await code_of(koffi)}")
    assert await posts_of(database, "koffi") == Posts(1, ("steward",))
    assert await posts_of(database, "awa") == Posts(1, ("steward",))

    [link] = await database.read(
        linking.links_of, await person_of(database, "awa"), (await chat_id_of(database, "awa"))
    )
    assert "Le lien est défait" in await koffi.hear_tap(f"unlink:{to_text(link.id)}")
    assert {who: await posts_of(database, who) for who in ids} == before
    assert {who: await person_of(database, who) for who in ids} == ids


async def test_two_places_in_a_waiting_list_become_one(database: Database) -> None:
    """Both accounts wait for the same kind: linked, the one that shows the code keeps its place."""
    event_id = await an_event(database, "Standard 5000 x 1")

    async def wait_both(tx: Tx) -> None:
        [kind] = await tx.rows("SELECT id FROM kinds WHERE event_id = :id", id=event_id)
        for who in await tx.rows("SELECT id, person_id FROM chats WHERE channel = 'test'"):
            await waiting.join(
                tx,
                event_id=event_id,
                kind_id=kind["id"],
                person_id=who["person_id"],
                chat_id=who["id"],
                quantity=1,
                now_ms=NOW_MS,
            )

    awa, koffi = Talker(database, "awa"), Talker(database, "koffi")
    await koffi.open("")
    code = await code_of(awa)
    await database.write(wait_both)
    assert "Relié à" in await koffi.hear_tap(f"linkto:{code}")
    places = await database.read(waiting.places_of, await person_of(database, "awa"), 9)
    assert len(places) == 1


async def test_a_stranger_undoes_nobodys_link(database: Database) -> None:
    """The button of a link, pressed by somebody else, changes nothing and says nothing."""
    awa, koffi, other = (Talker(database, who) for who in ("awa", "koffi", "autre"))
    await koffi.open("")
    await koffi.hear_tap(f"linkto:{await code_of(awa)}")
    person_id = await person_of(database, "awa")
    [link] = await database.read(linking.links_of, person_id, await chat_id_of(database, "awa"))
    button = f"unlink:{to_text(link.id)}"
    assert "n’existe pas" in await other.hear_tap(button)
    assert await person_of(database, "koffi") == person_id
    assert "défait" in await awa.hear_tap(button)
    assert "n’existe pas" in await koffi.hear_tap(button)


async def test_what_is_bought_while_accounts_are_linked_belongs_to_its_buyer(
    database: Database,
) -> None:
    """A purchase under way on one side, while the other side links, is never left with nobody."""
    for rank in range(6):
        await an_event(database)
        awa, koffi = Talker(database, f"awa{rank}"), Talker(database, f"koffi{rank}")
        await koffi.type("bonjour", "nuit du jazz")
        if "Standard" not in " ".join(koffi.labels()):
            await koffi.type("1")
        await koffi.type("1 Standard")
        accept = next(one for one in koffi.actions() if one.startswith("accept:"))
        code = await code_of(awa)
        other = Talker(database, f"koffi{rank}", count=100)
        await asyncio.gather(
            koffi.hear(Tap(accept)), other.hear_tap(f"linkto:{code}"), awa.type("mes billets")
        )
        assert not await database.read(strays)


async def test_three_accounts_part_one_by_one(database: Database) -> None:
    """A chain of links comes apart in any order, and each account has itself back."""
    awa, koffi, ama = (Talker(database, who) for who in ("awa", "koffi", "ama"))
    for one in (awa, koffi, ama):
        await one.open("")
    ids = {who: await person_of(database, who) for who in ("awa", "koffi", "ama")}
    await ama.hear_tap(f"linkto:{await code_of(koffi)}")  # ama becomes koffi's
    await koffi.hear_tap(f"linkto:{await code_of(awa)}")  # both become awa's
    assert {await person_of(database, who) for who in ids} == {ids["awa"]}
    first, second = await database.read(
        linking.links_of, ids["awa"], await chat_id_of(database, "koffi")
    )
    assert "défait" in await awa.hear_tap(f"unlink:{to_text(first.id)}")
    assert await person_of(database, "ama") == ids["ama"]
    assert await person_of(database, "koffi") == ids["awa"]
    assert "défait" in await koffi.hear_tap(f"unlink:{to_text(second.id)}")
    assert {who: await person_of(database, who) for who in ids} == ids


async def chat_id_of(database: Database, ref: str) -> int:
    """The id of somebody's chat."""
    found = await database.read(chats.chat_by_ref, "test", "seller", ref)
    assert found is not None
    return found.id
