"""Getting a worker ready to draw, while whoever will want a chart still reads the panel before it.

The library that draws takes longer to load than a chart to draw. A worker that was used lately
stays (chat/workers.py), and the next job goes to the one used last: so the first chart is quick,
and the program that answers people stays small.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.charts.drawing import warm_up
from chat.workers import Runner, WorkersError


@dataclass(frozen=True, slots=True)
class Warming:
    """Loads the library in a worker."""

    workers: Runner

    async def warm(self, _payload: Mapping[str, int | str]) -> None:
        """Do it, unless the workers have better to do."""
        try:
            await self.workers.run(warm_up)
        except WorkersError:
            return
