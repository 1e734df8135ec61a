"""People of one name in one team: numbered, so that whoever takes one out knows which."""

from collections import Counter
from collections.abc import Sequence

from chat.understanding import fold


def ranks(names: Sequence[str]) -> list[int | None]:
    """Number people of the same name, `Porte 1`, `Porte 2`; a name that stands alone has none."""
    folded = [fold(name) for name in names]
    often, seen = Counter(folded), Counter[str]()
    told: list[int | None] = []
    for name in folded:
        seen[name] += 1
        told.append(seen[name] if often[name] > 1 else None)
    return told


def numbered(names: Sequence[str]) -> list[str]:
    """Write each name with its number, if it has one."""
    return [
        f"{name} {rank}" if rank else name for name, rank in zip(names, ranks(names), strict=True)
    ]
