"""One-time codes: one an occasion, the same each time, and good across a rotation of keys."""

from hypothesis import given
from hypothesis import strategies as st

from boxoffice.codes import Keyring, new_key
from boxoffice.one_time import DIGITS, is_one_time_code, one_time_code

OLD, NEW = new_key(), new_key()


@given(st.integers(min_value=0))
def test_a_code_is_its_occasions_alone(number: int) -> None:
    """Eight digits, made again alike; one digit off, another occasion or other keys refuse it."""
    keyring, other = Keyring.parse(OLD), Keyring.parse(NEW)
    code = one_time_code(keyring, f"recovery:{number}")
    assert len(code) == DIGITS
    assert code.isdecimal()
    assert code == one_time_code(keyring, f"recovery:{number}")
    assert is_one_time_code(keyring, f"recovery:{number}", code)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert not is_one_time_code(keyring, f"recovery:{number}", wrong)
    if one_time_code(other, f"recovery:{number}") != code:
        assert not is_one_time_code(other, f"recovery:{number}", code)


def test_a_code_sent_before_a_rotation_is_still_good() -> None:
    """The newest key makes codes, every key knows them."""
    code = one_time_code(Keyring.parse(OLD), "recovery:1")
    both = Keyring.parse(f"{NEW},{OLD}")
    assert is_one_time_code(both, "recovery:1", code)
    assert one_time_code(both, "recovery:1") == one_time_code(Keyring.parse(NEW), "recovery:1")
