"""What a typed number means: the choices shown last, and a question where it may be older ones."""

from dataclasses import replace

import pytest

from bot.flows.seller import seller_talk
from chat import codec
from chat.meaning import READ_MS, chosen, doubtful, untouched
from chat.messages import Chat, Choice, words
from storage import chats
from storage.chats import ChatRow
from storage.database import Database, Tx
from tests.flows.talking import DEMO, NOW_MS

TALK = seller_talk(DEMO)
MENU = (Choice(words("menu.tickets"), "tickets"), Choice(words("menu.help"), "help"))
OFFER = (Choice(words("giving.withdraw"), "ungive:7"), Choice(words("menu.tickets"), "tickets"))
AGREE = (Choice(words("buying.i_accept"), "accept:7"), Choice(words("buying.no_thanks"), "leave"))


def chat_with(row: ChatRow, received_ms: int = NOW_MS, step: str = "") -> tuple[Chat, ChatRow]:
    """The conversation of a row, in which something was received."""
    chat = Chat(
        id=row.id,
        person_id=row.person_id,
        channel=row.channel,
        talk="seller",
        ref=row.ref,
        language="fr",
        step=step,
        memory={},
        now_ms=NOW_MS,
        received_ms=received_ms,
        offered=codec.from_json(row.offered),
    )
    return chat, row


def row_of(
    now: tuple[Choice, ...], before: tuple[Choice, ...], until_ms: int, *, unasked: bool
) -> ChatRow:
    """A conversation that shows choices, after others."""
    shown, older = codec.to_json(list(now)), codec.to_json(list(before))
    return ChatRow(
        id=1,
        person_id=1,
        channel="listed",
        talk="seller",
        ref="awa",
        language="fr",
        step="",
        memory="{}",
        offered=shown,
        offered_before=older,
        offered_ms=until_ms,
        unasked=unasked,
    )


@pytest.mark.parametrize(
    ("now", "before", "typed", "asks"),
    [
        (OFFER, AGREE, "1", True),
        (MENU, AGREE, "1", True),
        (OFFER, MENU, "1", True),
        (MENU, (), "1", False),
        (MENU, MENU[::-1], "1", False),
        (AGREE, AGREE, "1", False),
        (OFFER, AGREE, "3", False),
        ((), AGREE, "1", True),
        (OFFER, AGREE, "j'accepte", False),
    ],
)
def test_a_number_too_soon_is_asked_about_where_it_binds(
    now: tuple[Choice, ...],
    before: tuple[Choice, ...],
    typed: str,
    asks: bool,  # noqa: FBT001 (drawn)
) -> None:
    """Two meanings, one of which binds: the person says which; what only leads is not worth it."""
    row = row_of(now, before, NOW_MS + READ_MS, unasked=True)
    assert (doubtful(TALK, *chat_with(row), typed) is not None) is asks
    assert doubtful(TALK, *chat_with(row, NOW_MS + READ_MS), typed) is None
    answered = next(iter(TALK.number_steps))
    assert doubtful(TALK, *chat_with(row, step=answered), typed) is None


def test_words_still_press_what_an_unasked_message_pushed_up() -> None:
    """A number means the newest choices; words mean their own label, in what one was asked."""
    row = row_of(OFFER, AGREE, NOW_MS, unasked=True)
    assert chosen(TALK, *chat_with(row), "1") == "ungive:7"
    assert chosen(TALK, *chat_with(row), "J’accepte !") == "accept:7"
    asked = row_of(OFFER, AGREE, NOW_MS, unasked=False)
    assert chosen(TALK, *chat_with(asked), "J’accepte !") is None


async def test_what_goes_out_last_is_what_a_number_means(database: Database) -> None:
    """Unasked messages keep the dialogue's choices behind them; the dialogue takes its place."""
    offer, agree, menu = (codec.to_json(list(one)) for one in (OFFER, AGREE, MENU))

    async def play(tx: Tx) -> list[tuple[str, str]]:
        row = await chats.open_chat(
            tx, channel="listed", talk="seller", ref="awa", language="fr", name="", now_ms=NOW_MS
        )
        seen = []
        await chats.save_chat(
            tx, row.id, language="fr", step="", memory="{}", offered=agree, now_ms=NOW_MS
        )
        for shown, unasked in ((offer, True), (menu, True), (agree, False)):
            await chats.show_choices(tx, row.id, shown, unasked=unasked, until_ms=NOW_MS)
            found = await chats.chat_by_id(tx, row.id)
            assert found is not None
            seen.append((found.offered, found.offered_before))
        return seen

    assert await database.write(play) == [(offer, agree), (menu, agree), (agree, menu)]


@pytest.mark.parametrize(
    ("channel", "action", "typed", "is_held"),
    [
        ("telegram", "accept:7", "1", True),
        ("web", "giveback:7:1:0", "1", True),
        ("web", "an:7:now", "1", True),
        ("whatsapp", "accept:7", "1", False),
        ("telegram", "accept:7", "j'accepte", False),
        ("telegram", "tickets", "1", False),
    ],
)
def test_no_figure_alone_does_what_is_final_where_buttons_are_drawn(
    channel: str,
    action: str,
    typed: str,
    is_held: bool,  # noqa: FBT001 (drawn)
) -> None:
    """The button is to be pressed; where a message lists buttons by figures, a figure presses."""
    chat, _ = chat_with(row_of(AGREE, (), NOW_MS, unasked=False))
    found = untouched(TALK, replace(chat, channel=channel), action, typed)
    assert (found is not None) is is_held
