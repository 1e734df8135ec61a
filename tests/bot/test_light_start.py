"""What a process loads when it starts: what only some need, or workers alone, comes later."""

import subprocess
import sys

HEAVY = frozenset(
    {"cv2", "fpdf", "icalendar", "matplotlib", "numpy", "openpyxl", "zxingcpp"}
    | {"stripe", "telegram", "twilio"}
)
"""Ten megabytes each, and a tenth of a second."""

WORLDS = "bot.worlds.demo_world, bot.worlds.live_world"
LOAD = f"import bot.__main__, {WORLDS}, sys; print(*sys.modules)"


def test_no_world_loads_a_vendor_or_what_draws() -> None:
    """Both start soon and weigh little: who answers people draws, decodes and tabulates nothing.

    An app's library is loaded where the settings name that app.
    """
    asked = [sys.executable, "-c", LOAD]
    told = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603 (fixed)
    assert not HEAVY & set(told.stdout.split())
