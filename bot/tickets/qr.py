"""From a ticket code to the dark and light modules of its QR."""

from typing import Literal

from qrcode import constants
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode
from qrcode.util import QRData

# Above version 5 photographs by cheap phones start to fail; our 29 characters need version 2.
VERSION_MAX = 3

# ISO/IEC 18004, 6.3.8: the reader needs four light modules around the symbol.
QUIET_MODULES = 4

# ISO/IEC 18004, table 2: the alphanumeric mode, 5.5 bits a character.
MODE: Literal[2] = 2

# ISO/IEC 18004, table 5: what the alphanumeric mode can say.
ALPHANUMERIC = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def matrix(code: str) -> list[list[bool]]:
    """Give the QR of `code` row by row, True for dark, without its quiet zone.

    Alphanumeric mode, level Q (a quarter of it may be dirty), the mask with the fewest patterns
    that trouble a reader. Raises ValueError for a code outside the alphanumeric set, or one that
    would need a version above `VERSION_MAX`.
    """
    if not code or not ALPHANUMERIC.issuperset(code):
        raise ValueError("A ticket code is made of QR alphanumeric characters, at least one.")
    symbol = QRCode(error_correction=constants.ERROR_CORRECT_Q, border=0)
    symbol.add_data(QRData(code.encode("ascii"), MODE, check_data=False), optimize=0)
    try:
        symbol.make(fit=True)
    except DataOverflowError:
        raise ValueError(f"A ticket code of {len(code)} characters fits no QR.") from None
    if symbol.version > VERSION_MAX:
        raise ValueError(
            f"A ticket code of {len(code)} characters needs QR version {symbol.version}; "
            f"a gate reads up to version {VERSION_MAX} well."
        )
    return [[bool(module) for module in row] for row in symbol.modules]
