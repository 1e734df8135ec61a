"""A double of pawaPay v2: pages, deposits, refunds, callbacks, and the sandbox's numbers."""

from tests.doubles.pawapay.server import PawaPayDouble

__all__ = ["PawaPayDouble"]
