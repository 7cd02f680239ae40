import numpy as np
import pytest

from nasrec_tf.data import cell


def parse(function, *cells):
    value, valid = function(np.array(cells, "S"))
    return [int(v) if ok else None for v, ok in zip(value, valid, strict=True)]


def test_hexadecimal_takes_one_to_eight_digits_of_either_case():
    assert parse(cell.parse_hexadecimal, b"0", b"ff", b"FF", b"68fd1e64", b"ffffffff") == [
        0,
        255,
        255,
        0x68FD1E64,
        0xFFFFFFFF,
    ]


@pytest.mark.parametrize("bad", [b"0x1f", b"-1", b"123456789", b"g", b"1 ", b" 1", b"1_0", b"\xff"])
def test_what_is_not_hexadecimal_is_invalid(bad):
    assert parse(cell.parse_hexadecimal, b"1", bad) == [1, None]


def test_decimal_comes_before_hexadecimal():
    values = [b"10", b"1a", b"-1", b"10013378798301872145", b"99999999999999999999999"]
    expected = [10, 26, *(int(v) % cell.DECIMAL_MODULUS for v in values[2:])]
    assert parse(cell.parse_decimal_or_hexadecimal, *values) == expected


def test_a_long_hexadecimal_is_folded_by_the_modulus():
    assert parse(cell.parse_decimal_or_hexadecimal, b"fffffffe") == [0xFFFFFFFE % cell.DECIMAL_MODULUS]


@pytest.mark.parametrize("bad", [b"-", b"-a", b"--1", b"xyz", b"123456789a"])
def test_what_is_neither_decimal_nor_hexadecimal_is_invalid(bad):
    assert parse(cell.parse_decimal_or_hexadecimal, b"1", bad) == [1, None]


def test_integers_have_a_sign_and_at_most_18_digits():
    assert parse(cell.parse_integer, b"-7", b"0042", b"9" * 18, b"9" * 19, b"-", b"1.0", b"a") == [
        -7,
        42,
        10**18 - 1,
        None,
        None,
        None,
        None,
    ]


def test_missing_cells_are_well_formed():
    for function in (cell.parse_hexadecimal, cell.parse_decimal_or_hexadecimal, cell.parse_integer, cell.parse_number):
        assert function(np.array([b"", b"1"]))[1].all()
        assert function(np.array([b"", b""]))[1].all()
        assert function(np.array([], "S1"))[1].shape == (0,)


def test_numbers_may_have_a_point_and_an_exponent():
    cells = np.array([b"3", b"-2", b"", b"1.5", b".5", b"2.", b"+1e3", b"9" * 25])
    value, valid = cell.parse_number(cells)
    assert valid.all()
    np.testing.assert_array_equal(value, [3, -2, 0, 1.5, 0.5, 2, 1000, float("9" * 25)])


@pytest.mark.parametrize("bad", [b"nan", b"inf", b"-inf", b"1e999", b"1_0", b"0x1", b" 1", b"one", b"-", b"."])
def test_what_is_no_finite_number_is_invalid_and_reads_0(bad):
    value, valid = cell.parse_number(np.array([b"4", bad, b"1.5"]))
    assert valid.tolist() == [True, False, True]
    assert value.tolist() == [4, 0, 1.5]
