"""Settings are read once, every problem is named, and .env.example tells all of them."""

from pathlib import Path

import pytest

from bot.settings import SettingsRefused, read_settings
from boxoffice.codes import new_key
from scripts.env_example import env_example

ROOT = Path(__file__).parents[2]


def test_the_example_tells_every_setting_as_the_code_does() -> None:
    """An operator who copies .env.example finds every setting, its meaning and its default."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_example()


def test_the_example_itself_is_read_without_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copied .env.example, nothing filled in, means the defaults."""
    for name in ("DATABASE_URL", "PORT", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    settings = read_settings(ROOT / ".env.example")
    assert settings == read_settings(None)


def test_every_problem_is_said_at_once_and_no_secret_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three wrong settings are three lines, none of which repeats what was put there."""
    monkeypatch.delenv("PORT", raising=False)
    file = tmp_path / ".env"
    file.write_text("PORT=99999\nPUBLIC_URL=http://x.example\nTICKET_KEYS=not-a-real-key\n")
    with pytest.raises(SettingsRefused) as refused:
        read_settings(file)
    told = str(refused.value)
    assert len(told.splitlines()) == 3
    assert all(name in told for name in ("PORT", "PUBLIC_URL", "TICKET_KEYS"))
    assert "not-a-real-key" not in told


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """Printing the settings shows neither a token nor a key."""
    key = new_key()
    file = tmp_path / ".env"
    file.write_text(f"TELEGRAM_BOT_TOKEN=1:visibly-a-test-token\nTICKET_KEYS={key}\n")
    shown = repr(read_settings(file))
    assert "visibly-a-test-token" not in shown
    assert key not in shown
