"""The first word of a typed command and what follows it: `jauge VIP 350`, `aide K7M2P9X perdu`."""

from chat.understanding import fold


def first_word(text: str) -> tuple[str, str]:
    """Part a text into its first word, folded, and the rest as it was typed."""
    first, _, rest = text.strip().partition(" ")
    return fold(first), rest.strip()
