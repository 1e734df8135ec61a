"""The promise of few messages, counted in the transcript that is played on every channel."""

from tests.transcripts.script import FOLDER, Hears, Says, read_script

MESSAGES_MAX = 14
"""Fewer than fifteen."""


def test_somebody_new_puts_two_kinds_on_sale_in_fourteen_messages() -> None:
    """From `/start`, by somebody who never sold here, until the bot says that it is on sale."""
    moves = read_script(FOLDER / "premier_evenement.chat").moves
    mine = [move for move in moves if not hasattr(move, "who") or move.who == "femi"]
    first = next(at for at, move in enumerate(mine) if isinstance(move, Says))
    assert mine[first].text == "/start"  # type: ignore[union-attr] # the line above found a Says
    last = next(
        at
        for at, move in enumerate(mine)
        if isinstance(move, Hears) and move.lines[0].endswith("est en vente.")
    )
    sent = [move for move in mine[first:last] if isinstance(move, Says)]
    assert len(sent) <= MESSAGES_MAX
    [page] = [
        move
        for move in mine[first:last]
        if isinstance(move, Hears) and "telle que les acheteurs la liront" in move.lines[0]
    ]
    assert sum(line.startswith("🎫") for line in page.lines) == 2
