"""What a process loads when it starts: what only some need, or workers alone, comes later."""

import subprocess
import sys

HEAVY = frozenset(
    {"cv2", "fpdf", "icalendar", "matplotlib", "numpy", "openpyxl", "stripe", "telegram", "twilio"}
)
"""Ten megabytes each, and a tenth of a second."""

LOAD = "import bot.__main__, bot.worlds.demo_world, sys; print(*sys.modules)"


def test_the_demo_loads_no_vendor_and_nothing_that_draws() -> None:
    """The demo starts soon and weighs little: nothing heavy is loaded before it is asked for."""
    asked = [sys.executable, "-c", LOAD]
    told = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603 (fixed)
    assert not HEAVY & set(told.stdout.split())
