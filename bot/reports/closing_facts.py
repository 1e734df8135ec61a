"""What stands on a closing report, ready to be read; and having it drawn, in a worker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; the first column is words, the others are numbers; `total` stands last."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClosingPage:
    """Everything that stands on the report."""

    title: str
    when: str
    place: str
    heading: str
    made: str
    """When it was made, at the foot."""
    figures: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    accent: str


def make_closing(page: ClosingPage) -> bytes:
    """Draw the report and give its PDF."""
    from bot.reports import closing_page  # noqa: PLC0415 (fpdf2 takes half a second: only who draws waits)

    return closing_page.draw_closing(page)
