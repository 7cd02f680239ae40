"""Parsing the cells of one raw column, vectorised: bytes in, numbers and a validity mask out.

Every function takes `[n]` bytes (NumPy "S") and returns two `[n]` arrays: the numbers, and whether the cell is well
formed. A missing cell (`b""`) is well formed. The number of a missing or malformed cell is meaningless unless stated.
"""

import re

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.bytes_]
Valid = npt.NDArray[np.bool_]

MAX_HEXADECIMAL_DIGITS = 8  # 32-bit hashes
MAX_INTEGER_DIGITS = 18  # what int64 surely holds
# Source: the reference implementation folds Avazu's values by this prime before hashing.
DECIMAL_MODULUS = 2**31 - 1

_NOT_A_DIGIT = 255
_DIGIT = np.full(256, _NOT_A_DIGIT, np.uint8)
_DIGIT[list(b"0123456789")] = range(10)
_HEXADECIMAL_DIGIT = _DIGIT.copy()
_HEXADECIMAL_DIGIT[list(b"abcdef")] = range(10, 16)
_HEXADECIMAL_DIGIT[list(b"ABCDEF")] = range(10, 16)
_MINUS = ord("-")
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def parse_hexadecimal(cells: Cells) -> tuple[npt.NDArray[np.int64], Valid]:
    """Parses 1 to 8 hexadecimal digits of either case."""
    value, length, valid = _parse_digits(_bytes_of(cells), _HEXADECIMAL_DIGIT, 16)
    return value, valid & (length <= MAX_HEXADECIMAL_DIGITS)


def parse_decimal_or_hexadecimal(cells: Cells) -> tuple[npt.NDArray[np.int64], Valid]:
    """Parses a whole decimal number of any length, else up to 8 hexadecimal digits, modulo `DECIMAL_MODULUS`.

    Source:
        The reference implementation's Avazu script: decimal first, so `b"10"` is ten, and `b"1a"` is 26. The modulo of
        a negative number is the mathematical one: -1 becomes `DECIMAL_MODULUS - 1`.
    """
    digits, negative = _split_sign(_bytes_of(cells))
    decimal, length, is_decimal = _parse_digits(digits, _DIGIT, 10, DECIMAL_MODULUS)
    is_decimal &= ~negative | (length > 0)
    decimal = np.where(negative, -decimal, decimal)
    hexadecimal, is_hexadecimal = parse_hexadecimal(cells)
    value = np.where(is_decimal, decimal, hexadecimal) % DECIMAL_MODULUS
    return value, is_decimal | is_hexadecimal


def parse_integer(cells: Cells) -> tuple[npt.NDArray[np.int64], Valid]:
    """Parses a whole decimal number of at most 18 digits, with an optional minus sign."""
    digits, negative = _split_sign(_bytes_of(cells))
    value, length, valid = _parse_digits(digits, _DIGIT, 10)
    valid &= (length <= MAX_INTEGER_DIGITS) & (~negative | (length > 0))
    return np.where(negative, -value, value), valid


def parse_number(cells: Cells) -> tuple[npt.NDArray[np.float64], Valid]:
    """Parses a finite decimal number; a missing cell is 0."""
    integer, valid = parse_integer(cells)
    value = np.where(valid, integer, 0).astype(np.float64)
    if not valid.all():  # rare in count features: decimal points, exponents and garbage, one by one
        odd, inverse = np.unique(cells[~valid], return_inverse=True)
        parsed = np.array([float(cell) if _NUMBER.fullmatch(cell) else np.nan for cell in odd.tolist()])[inverse]
        finite = np.isfinite(parsed)
        value[~valid] = np.where(finite, parsed, 0.0)
        valid[~valid] = finite
    return value, valid


def _bytes_of(cells: Cells) -> npt.NDArray[np.uint8]:
    """Returns the cells as `[n, width]` bytes, left-aligned and padded with zeros."""
    width = max(cells.dtype.itemsize, 1)
    return np.ascontiguousarray(cells, f"S{width}").view(np.uint8).reshape(len(cells), width)


def _split_sign(characters: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], Valid]:
    negative = characters[:, 0] == _MINUS
    if negative.any():
        characters = characters.copy()
        characters[negative, :-1] = characters[negative, 1:]
        characters[negative, -1] = 0
    return characters, negative


def _parse_digits(
    characters: npt.NDArray[np.uint8], digit_of: npt.NDArray[np.uint8], base: int, modulus: int | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Valid]:
    """Evaluates left-aligned digits by Horner's rule.

    Shapes:
        characters: `[n, width]`.
        returns: the value, the number of characters and whether all of them are digits, `[n]` each.
    """
    value = np.zeros(len(characters), np.int64)
    length = np.zeros(len(characters), np.int64)
    valid = np.ones(len(characters), np.bool_)
    for position in range(characters.shape[1]):
        character = characters[:, position]
        present = character != 0
        digit = digit_of[character]
        valid &= (digit != _NOT_A_DIGIT) | ~present
        extended = value * base + digit
        if modulus is not None:
            extended %= modulus
        value = np.where(present, extended, value)
        length += present
    return value, length, valid
