"""What may be a PIN (rule B2): of the phone, and of the form in a browser. What a wrong one leads to is theirs."""

from itertools import pairwise

DIGITS_MIN = 6

_LISTED = """
123456 123456789 12345678 1234567 111111 123123 1234567890 000000 654321 666666 987654321 121212 112233 789456
159753 101010 123321 555555 159357 777777 888888 999999 222222 333333 444444 11111111 00000000 88888888
87654321 7777777 147258369 147258 258456 789456123 456789 741852963 741852 963852741 963852 852456 456123
123654 321654 456456 789789 147147 258258 369369 147852 987654 098765 012345 0123456789 123789 789123 654123
131313 141414 151515 161616 171717 181818 191919 202020 212121 232323 242424 252525 262626 272727 282828
292929 303030 313131 323232 343434 363636 454545 464646 474747 484848 494949 505050 515151 525252 545454
565656 575757 585858 595959 606060 676767 686868 696969 787878 797979 808080 818181 898989 909090 919191
929292 949494 969696 979797 989898 998877 332211 445566 778899 123123123 102030 142536 110110 100100 200000
520520 420420 007007 246810 135790
"""
COMMONEST = frozenset(_LISTED.split())
"""More than the hundred commonest numeric passwords of six digits or more."""


def refusal_of_pin(pin: str) -> str | None:
    """Why this may not be a PIN, as a sentence for the worker; None when it may."""
    if not (pin.isascii() and pin.isdigit()):
        return "A PIN is made of digits only."
    if len(pin) < DIGITS_MIN:
        return f"A PIN has at least {DIGITS_MIN} digits."
    if pin in COMMONEST or len(set(pin)) == 1 or _is_run(pin):
        return "Too many people choose that PIN. Choose one that nobody would guess."
    return None


def _is_run(pin: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return steps in ({1}, {9})
