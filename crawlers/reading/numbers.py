"""E-mail addresses, phone numbers and bank accounts in a text, each in one spelling. Pure."""

from __future__ import annotations

import re

LOCAL = re.compile(r"[\w.+%-]{1,64}$")
DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}([a-z]{2,24})(?![\w@-])", re.IGNORECASE)
FILES = frozenset({"avif", "bmp", "css", "gif", "html", "ico", "jpeg", "jpg", "js", "mp", "pdf", "php", "png", "svg", "webp", "woff"})  # logo@2x.png
# written so that programs do not see it: "nom (at) hote (point) fr"
AT = re.compile(r"[\[({]\s?(?:at|arr?obase|@)\s?[\])}]\s?", re.IGNORECASE)
DOT = re.compile(r"[\[({]\s?(?:dot|point|\.)\s?[\])}]\s?(?=\w)", re.IGNORECASE)

SPACE = "[ .\u00a0\u2009\u202f/-]"
# pairs parted alike, or ten digits in a row; digits and a sign before or behind make it a date, an ISBN, a SIRET or an amount.
# Patterns begin with their first sign, and look behind it after: that is ten times as fast
HOME = re.compile(rf"0(?<![\w+#]0)(?<!\d[./,-]0)[1-9](?:({SPACE})\d\d(?:\1\d\d){{3}}(?!\1?\d)|\d{{8}})(?!\w| ?[€%])(?![.,/-]\d)")
FOUR = re.compile(  # "0 800 123 456", and "0692 12 34 56" as in La Réunion
    rf"0(?<![\w+#]0)(?<!\d[./,-]0) ?(?:8\d\d|26[239]|639|[56]9\d)({SPACE})(?:\d{{3}}\1\d{{3}}|\d\d\1\d\d\1\d\d)(?!\1?\d)(?!\w| ?[€%])"
)
ABROAD = re.compile(rf"(?:\+|00(?<!\w00))(?<![\w+]\+)\d{{1,3}}(?:{SPACE}?\(?\d{{1,11}}\)?){{1,7}}")
AMOUNT = re.compile(r"\w| ?(?:[€$%]|euros?\b|millions?\b)|[.,]\d")  # behind digits: they go on, or are money
# what a phone number is not: what stands before it says so
NO_PHONE = re.compile(
    r"(?:isbn|issn|siren|siret|rcs|tva|iban|rib|bic|réf|ref|référence|dossier|commande|facture|rna|doi|ean|rpps|adeli|finess|n°|nᵒ)"
    r"\W{0,3}[\w -]{0,12}$",
    re.IGNORECASE,
)
# national numbers by country code, without the 0 that is dialled at home
ABROAD_LENGTHS = {
    "1": r"[2-9]\d{2}[2-9]\d{6}", "32": r"[1-9]\d{7,8}", "33": r"[1-9]\d{8}", "34": r"[6-9]\d{8}", "39": r"\d{9,10}", "41": r"[1-9]\d{8}",
    "44": r"[1-9]\d{9}", "49": r"[1-9]\d{9,10}", "212": r"[5-8]\d{8}", "213": r"[2-7]\d{7,8}", "216": r"[2-9]\d{7}", "221": r"[37]\d{8}",
    "225": r"0\d{9}", "229": r"\d{8,10}", "237": r"[26]\d{8}", "243": r"[89]\d{8}", "261": r"3\d{8}", "262": r"[269]\d{8}", "352": r"[2-9]\d{5,8}",
    "377": r"[3-9]\d{7,8}", "508": r"\d{6}", "590": r"[1569]\d{8}", "594": r"[56]\d{8}", "596": r"[1569]\d{8}",
    "687": r"\d{6}", "689": r"\d{6}(?:\d\d)?",
}  # fmt: skip
OVERSEAS = {"0262": "262", "0263": "262", "0269": "262", "0639": "262", "0692": "262", "0693": "262", "0590": "590", "0690": "590", "0691": "590",
            "0594": "594", "0694": "594", "0596": "596", "0696": "596", "0697": "596"}  # fmt: skip
COUNTRY_CODES = sorted(ABROAD_LENGTHS, key=len, reverse=True)

IBAN = re.compile(r"[A-Z](?<![A-Za-z0-9][A-Z])[A-Z] ?\d\d(?=[ \u00a0\u202f.-]?[A-Za-z0-9])")
IBAN_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27,
    "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
    "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26,
}  # fmt: skip


def mails(text: str) -> list[str]:
    """E-mail addresses in small letters, also those that are written "nom (at) hote (point) fr"; not @accounts of the fediverse."""
    if AT.search(text):
        text = text.replace(" (", "(").replace(" [", "[").replace(" {", "{")
        text = DOT.sub(".", AT.sub("@", text))
    found = []
    at = text.find("@", 1)
    while at >= 0:
        domain = DOMAIN.match(text, at + 1, at + 255) if text[at - 1].isalnum() or text[at - 1] in "_-" else None
        local = LOCAL.search(text[max(0, at - 65) : at]) if domain and domain[1].lower() not in FILES else None
        if domain and local and text[at - len(local[0]) - 1 : at - len(local[0])] != "@":
            found.append(f"{local[0].strip('.')}@{domain[0]}".lower())
        at = text.find("@", at + 1)
    return list(dict.fromkeys(found))


def phones(text: str) -> list[str]:
    """Phone numbers in E.164 ("+33612345678"): French ones, those with the code of a country where French is spoken or near."""
    found = [(match.start(), _french(match[0])) for pattern in (HOME, FOUR) for match in pattern.finditer(text) if not _other(text, match.start())]
    found += _abroad(text) if "+" in text or "00" in text else []
    return list(dict.fromkeys(number for _, number in sorted(found) if number))


def _french(written: str) -> str:
    digits = re.sub(r"\D", "", written)
    steps = {int(digits[at + 2 : at + 4]) - int(digits[at : at + 2]) for at in range(0, 8, 2)}
    if len(steps) == 1 and abs(steps.pop()) <= 2:  # 02 04 06 08 10: a row of numbers
        return ""
    return f"+{OVERSEAS.get(digits[:4], '33')}{digits[1:]}"


def _other(text: str, start: int) -> bool:
    """Whether the words before say that this is another number."""
    return bool(NO_PHONE.search(text[max(0, start - 24) : start]))


def _abroad(text: str) -> list[tuple[int, str]]:
    """Where numbers with a country code stand, in E.164; what follows one may be another number."""
    found, at = [], 0
    while match := ABROAD.search(text, at):
        number, length = _longest(match[0])
        at = match.start() + (length or 2)
        if number and not AMOUNT.match(text, at):
            found.append((match.start(), number))
    return found


def _longest(written: str) -> tuple[str, int]:
    """ "+33 (0)6 12 34 56 78 90" is +33612345678 and its length as written: the longest run of groups that is a number of its country."""
    best, length = "", 0
    digits = ""
    for group in re.finditer(r"\(0\)|\d+", written.replace("+", " ", 1) if written[0] == "+" else f"  {written[2:]}"):
        digits += "" if group[0] == "(0)" else group[0]
        code = next((code for code in COUNTRY_CODES if digits.startswith(code)), "?")
        if re.fullmatch(ABROAD_LENGTHS.get(code, "(?!)"), digits[len(code) :]):
            best, length = f"+{digits}", group.end()
    return best, length


def ibans(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """Bank accounts without spaces, whose check digits are right, and where they stand."""
    found, spans = [], []
    for match in IBAN.finditer(text):
        length = IBAN_LENGTHS.get(match[0][:2], 0)
        rest = re.compile(rf"(?:[ \u00a0\u202f.-]?[A-Za-z0-9]){{{length - 4}}}(?![A-Za-z0-9])").match(text, match.end()) if length else None
        account = re.sub(r"[^A-Z0-9]", "", f"{match[0]}{rest[0]}".upper()) if rest else ""
        if rest and int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1:
            found.append(account)
            spans.append((match.start(), rest.end()))
    return list(dict.fromkeys(found)), spans
