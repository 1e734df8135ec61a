"""Turn Stripe's published example objects into the facts the Stripe double checks its replies by.

    python scripts/stripe_facts.py SPECS/stripe-fixtures3-checkout.json > FACTS/stripe.json

Kept: which fields each object has. What we may send is checked by the library's own request types.
"""

import json
import sys
from pathlib import Path
from typing import Any

OBJECTS = (
    "checkout.session",
    "payment_intent",
    "charge",
    "refund",
    "balance_transaction",
    "event",
)


def facts(published: dict[str, Any]) -> dict[str, list[str]]:
    """Name the fields of each object, sorted."""
    return {name: sorted(published["resources"][name]) for name in OBJECTS}


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps(facts(source), indent=1))
