"""What a script may say of the app it is played on."""

from pathlib import Path

from tests.transcripts.script import World, read_script, scripts


def test_every_transcript_plays_on_whatsapp() -> None:
    """No conversation is for the other apps alone; where WhatsApp differs the script says so."""
    assert [one.name for one in scripts() if "whatsapp" in one.without] == []


def test_lines_for_one_app_are_played_there_alone(tmp_path: Path) -> None:
    """`! sur` and `! hors` hold until `! partout`, and are no moves of their own."""
    path = tmp_path / "x.chat"
    path.write_text(
        "! un\n! sur whatsapp\n! deux\n! hors whatsapp\n! trois\n! partout\n! quatre\n",
        encoding="utf-8",
    )

    def played(channel: str) -> list[str]:
        moves = read_script(path).on(channel).moves
        return [one.words for one in moves if isinstance(one, World)]

    assert played("whatsapp") == ["un", "deux", "quatre"]
    assert played("telegram") == ["un", "trois", "quatre"]
