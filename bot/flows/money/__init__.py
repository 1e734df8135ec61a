"""Money: ways of paying, what came late, refunds, receipts, tills, payouts."""
