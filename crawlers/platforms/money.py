"""Amounts, counts and currencies as crowdfunding pages write them, in French and in English. Pure, and linear on any input."""

from __future__ import annotations

import math
import re

MAX_AMOUNT = 1e12  # more is no money
MAX_CHARS = 200  # of a value that is read
SPACE = " \u00a0\u202f\u2009"
# groups of three digits, else digits alone: "2 385", "2,385.50", "1.250,50", "1'250", "3422.0"
ENDS = r"(?![.,]?\d)"  # "1,00,000" is no amount rather than 1
NUMBER = rf"(?<!\d)(?<!\d[.,])(?:\d{{1,3}}(?:[{SPACE}.,'’]\d{{3}}){{1,4}}(?:[.,]\d{{1,2}})?{ENDS}|\d{{1,15}}(?:[.,]\d{{1,6}})?{ENDS})"
UNITS = r"(?:k|K|M|Mds?|mille|milliers?|millions?|milliards?)(?![^\W\d_])"  # "$200K", "1,2 M€", "3,5 millions d'euros"
SUFFIX = rf"(?:[{SPACE}]?{UNITS}(?:[{SPACE}]de(?=[{SPACE}])|[{SPACE}]d['’])?)?"
CODES = "EUR|USD|CAD|CHF|GBP|AUD|XOF|XAF|XPF|MAD|FCFA|HKD|NZD|SGD|MXN|JPY|SEK|NOK|DKK|PLN|BRL"
DOLLARS = r"(?:US|CA|C|AU|A|HK|NZ|MX|S|R)\$"
SIGN = rf"(?:{DOLLARS}|¥|\$[{SPACE}]?CA(?![a-z])|\$[{SPACE}]?US(?![a-z])|€|£|\$|(?<![A-Za-z])(?:{CODES})(?![A-Za-z])|euros?\b)"
MONEY = rf"(?:{SIGN}[{SPACE}]?{NUMBER}{SUFFIX}|{NUMBER}{SUFFIX}[{SPACE}]?{SIGN})"  # "0 out of 30 claimed" is no money: it has no currency
CURRENCIES = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "$": "USD", "US$": "USD", "$US": "USD", "CA$": "CAD", "C$": "CAD", "$CA": "CAD",
              "AU$": "AUD", "A$": "AUD", "HK$": "HKD", "NZ$": "NZD", "MX$": "MXN", "S$": "SGD", "R$": "BRL", "¥": "JPY", "FCFA": "XOF"}  # fmt: skip
ALONE = re.compile(rf"(?:{SIGN})?[{SPACE}]?{NUMBER}{SUFFIX}[{SPACE}]?(?:{SIGN})?(?:[{SPACE}]?(?:{CODES}))?")
MONEY_OF = re.compile(MONEY)
NUMBER_OF = re.compile(rf"({NUMBER})[{SPACE}]?({UNITS})|({NUMBER})")
CODE_OF = re.compile(rf"(?<![A-Za-z])(?:{CODES})(?![A-Za-z])")
SIGN_OF = re.compile(SIGN)
MAGNITUDE = {"k": 1e3, "K": 1e3, "M": 1e6, "Md": 1e9, "Mds": 1e9, "mille": 1e3, "millier": 1e3, "million": 1e6, "milliard": 1e9}


def amount(value: object) -> float | None:
    """The amount in a value: a number, or words such as "2 385 €", "CHF 1'250.50" and "$12K"; None where there is none or it is no money."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if 0 <= value < MAX_AMOUNT and math.isfinite(value) else None
    text = str(value)[:MAX_CHARS].strip()
    if not text or text[0] in "-\u2212":
        return None
    found = MONEY_OF.search(text)
    number = NUMBER_OF.search(found[0] if found else text)
    if number is None:
        return None
    result = _number(number[1] or number[3]) * (MAGNITUDE[_unit(number[2])] if number[2] else 1.0)
    return round(result, 6) if result < MAX_AMOUNT else None


def _unit(word: str) -> str:
    return word if word in MAGNITUDE else word.rstrip("s")


def is_money(value: str) -> bool:
    """Whether words hold a sum: "2 385 € collectés" and "2 385" do, "85 %" and "12 jours" do not."""
    return MONEY_OF.search(value[:MAX_CHARS]) is not None or is_amount(value)


def is_amount(value: object) -> bool:
    """Whether a value is an amount and nothing else: "2 385 €" is, "#section-3" and "3 jours" are not."""
    return amount(value) is not None and (not isinstance(value, str) or ALONE.fullmatch(value.strip()[:MAX_CHARS]) is not None)


def _number(digits: str) -> float:
    """A comma or point that stands before three digits, once or several times over, parts thousands; else it is the decimal sign."""
    plain = re.sub(rf"[{SPACE}'’]", "", digits)
    last = max(plain.rfind(","), plain.rfind("."))
    if last < 0:
        return float(plain)
    head, tail = plain[:last], plain[last + 1 :]
    both = "," in plain and "." in plain
    thousands = not both and len(tail) == 3 and (re.search(r"[.,]", head) is not None or (len(head) <= 3 and head != "0"))
    return float(re.sub(r"[.,]", "", head + tail if thousands else head) + ("" if thousands else f".{tail}"))


def count(value: object) -> int | None:
    """A number of people: 65, "65", "2 609", "(1.2K)"; None where there is none."""
    found = amount(value)
    return int(found) if found is not None and found < 1e10 else None


def currency(value: object) -> str | None:
    """The ISO 4217 code that a code, a sign or an amount names; "$" alone is the US dollar."""
    text = str(value or "")[:MAX_CHARS].strip()
    if re.fullmatch(r"[A-Za-z]{3}", text):
        return text.upper()
    if code := CODE_OF.search(text):
        return CURRENCIES.get(code[0], code[0])
    sign = SIGN_OF.search(text)
    return CURRENCIES.get(re.sub(rf"[{SPACE}]", "", sign[0]).upper()) if sign else None
