"""The seller: what buyers and organisers talk to, and the one place where everything is wired."""
