"""Charts: readable on a phone, drawn in a worker, and heavy nowhere else."""

import io

import pytest
from PIL import Image

from bot.charts.chart import Bar, Bars, Chart, Columns, Figure, Ground, Tone
from bot.charts.door import door_chart
from bot.charts.drawing import BARS_MAX, WIDTH, _common_size, _rooms, draw_chart
from bot.charts.warming import Warming
from bot.flows.seller import seller_texts
from bot.tickets.lettering import BOLD, measured
from chat.workers import Workers
from storage.live import MINUTES, LiveCounts

NIGHT = LiveCounts(
    title="Nuit du Jazz",
    zone="Africa/Porto-Novo",
    at_ms=1_812_837_840_000,
    inside=412,
    expected=500,
    inside_max=None,
    by_gate=(("Entrée principale", 230), ("Tribune", 182)),
    by_kind=(("Standard", 350, 400), ("VIP", 62, 100)),
    refusals=(("already_used", 14), ("forged", 3)),
    lately=231,
    minutes=tuple(range(MINUTES)),
)


def opened(png: bytes) -> Image.Image:
    """Open a picture."""
    return Image.open(io.BytesIO(png))


@pytest.mark.parametrize("ground", Ground)
def test_a_chart_is_as_wide_as_a_phone_and_light_to_send(ground: Ground) -> None:
    """Drawn at the width that apps keep, on either ground, in less than a ticket's bytes twice."""
    chart = Chart(
        "Nuit du Jazz",
        "En direct",
        (Figure("412", "à l’intérieur sur 500"),),
        (
            Columns("Scans par minute", tuple(range(60)), ((0, "20 h"), (59, "21 h"))),
            Bars("Par porte", (Bar("Entrée", "230", 230), Bar("Jardin", "0", 0)), Tone.GOOD),
        ),
        ground,
    )
    picture = opened(draw_chart(chart))
    assert picture.width == WIDTH
    assert len(draw_chart(chart)) < 80_000
    corner = picture.convert("L").crop((0, 0, 9, 9)).getextrema()
    assert (corner == (255, 255)) == (ground is Ground.LIGHT)


def test_texts_of_any_length_stay_within_the_picture() -> None:
    """Long names are shortened, formulas are no formulas, and long lists end."""
    long = "Grande soirée de gala du dixième anniversaire $x^2$ " * 6
    bars = Bars(long, tuple(Bar(long, long, 1, 2) for _ in range(BARS_MAX + 5)))
    chart = Chart(long, long, (Figure(long, long), Figure("1", long)), (bars, Columns(long, ())))
    picture = opened(draw_chart(chart)).convert("L")
    right = picture.crop((WIDTH - 40, 0, WIDTH, picture.height))
    assert right.getextrema() == (255, 255)


def test_a_door_s_chart_says_what_its_words_say() -> None:
    """Its numbers are those of the counts, in either language."""
    chart = door_chart(NIGHT, seller_texts(), "fr")
    assert chart.title == "Nuit du Jazz"
    assert chart.figures[0] == Figure("412", "à l’intérieur sur 500")
    assert chart.figures[1].value == "23"
    titles = [panel.title for panel in chart.panels]
    assert titles == ["Scans par minute, dernière heure", "Par porte", "Par tarif", "Refus"]
    assert door_chart(NIGHT, seller_texts(), "en").figures[0].label == "inside of 500"


async def test_a_worker_draws_in_time() -> None:
    """Its memory and its deadline suffice, the library's first start included."""
    async with Workers(1) as workers:
        picture = await workers.run(draw_chart, door_chart(NIGHT, seller_texts(), "fr"))
    assert opened(picture).format == "PNG"


async def test_a_worker_that_is_warm_draws_the_first_chart_at_once() -> None:
    """Warming leaves one worker, and the first chart goes to that very one."""
    async with Workers(2) as workers:
        await Warming(workers).warm({})
        warm = workers.pids
        await workers.run(draw_chart, door_chart(NIGHT, seller_texts(), "fr"))
        assert workers.pids == warm
    await Warming(workers).warm({})  # no workers any more: nobody minds


def test_a_large_number_is_never_cut() -> None:
    """Two numbers side by side share their line by length, as money is much longer than a count."""
    values = ["2", "16 730 000 F CFA"]
    rooms = _rooms(values)
    size = _common_size(values, rooms)
    for value, room in zip(values, rooms, strict=True):
        assert measured(value, BOLD) * size < room
