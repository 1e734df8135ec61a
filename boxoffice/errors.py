"""The one family of errors: raised when an operation fails, never for an expected outcome."""


class GuichetError(Exception):
    """Every error this program raises on purpose descends from this one."""


class KeyringError(GuichetError):
    """The ticket keys cannot be used; the message says which one, and never shows it."""


class CurrencyError(GuichetError):
    """A currency is unknown, or two amounts of different currencies met."""
