"""Numbers that stand in many declarations."""

from typing import Final

MIB: Final = 1 << 20
INT_MAX: Final = (1 << 31) - 1
LONG_MAX: Final = (1 << 63) - 1
