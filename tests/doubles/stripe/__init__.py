"""A double of Stripe: sessions, intents, refunds, events, checked by the vendor's own types."""

from tests.doubles.stripe.server import StripeDouble

__all__ = ["StripeDouble"]
