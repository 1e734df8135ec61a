"""How somebody comes into a gate team in tests: by an invitation and its button."""

from boxoffice.rules import DAY_MS
from boxoffice.tokens import new_token
from chat.messages import Start
from storage import invitations
from tests.gate_scanner.door import NOW_MS, Doors, Phone


async def invited(doors: Doors, role: str = "steward", gate_id: int | None = None) -> Start:
    """Make an invitation to the team; answers what opening its link says to the scanner."""
    token = new_token()
    await doors.database.write(
        invitations.invite,
        token,
        purpose="staff",
        event_id=doors.event_id,
        gate_id=gate_id,
        role=role,
        expires_ms=NOW_MS + DAY_MS,
        now_ms=NOW_MS,
    )
    return Start(f"s_{token}")


async def joined(doors: Doors, phone: Phone, role: str = "steward") -> str:
    """Let a phone join the team; answers what it was told."""
    ask = await phone.hear(await invited(doors, role))
    return (await phone.tap(ask, "Rejoindre l’équipe")).text
