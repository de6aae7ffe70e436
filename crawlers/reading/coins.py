"""Addresses of crypto-currencies in a text, told from other long words by their check digits where they have some. Pure."""

from __future__ import annotations

import hashlib
import re

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
VALUES58 = {sign: value for value, sign in enumerate(BASE58)}
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
VALUES32 = {sign: value for value, sign in enumerate(BECH32)}
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32_CHECKS = {1, 0x2BC830A3}  # bech32, and bech32m of taproot

WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{26,110}(?![A-Za-z0-9])")
ETHEREUM = re.compile(r"0x[0-9a-fA-F]{40}")
MONERO = re.compile(r"(?:4[0-9AB]|8[0-9A-Za-z])[1-9A-HJ-NP-Za-km-z]{93}|4[0-9AB][1-9A-HJ-NP-Za-km-z]{104}")
SEGWIT = re.compile(r"(bc|ltc)1([ac-hj-np-z02-9]{11,87})", re.IGNORECASE)
OLD = {0: "bitcoin", 5: "bitcoin", 48: "litecoin", 50: "litecoin", 30: "dogecoin", 65: "tron"}  # by the first byte
NEW = {"bc": "bitcoin", "ltc": "litecoin"}
SOLANA_SAID = re.compile(r"\b(?:sol|solana|phantom)\b", re.IGNORECASE)  # its addresses have no check digits: the words before must say it
NEAR = 80  # characters


def coins(text: str) -> list[tuple[str, str]]:
    """(currency, address) of each address, once, in order. An Ethereum address is in small letters."""
    if max(map(len, text.split()), default=0) < 26:
        return []
    found = ((_coin(match[0], text[max(0, match.start() - NEAR) : match.start()]), match[0]) for match in WORD.finditer(text))
    return list(
        dict.fromkeys((coin, address.lower() if coin == "ethereum" or SEGWIT.fullmatch(address) else address) for coin, address in found if coin)
    )


def _coin(word: str, before: str) -> str | None:
    """The currency of a word that is an address."""
    if ETHEREUM.fullmatch(word) or MONERO.fullmatch(word):
        return "ethereum" if len(word) == 42 else "monero"
    if segwit := SEGWIT.fullmatch(word):
        right = word in (word.lower(), word.upper()) and _checksum32(segwit[1].lower(), segwit[2].lower()) in BECH32_CHECKS
        return NEW[segwit[1].lower()] if right else None
    raw = _decoded58(word) if len(word) <= 44 else None
    if raw and len(raw) == 25 and hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]:
        return OLD.get(raw[0])
    return "solana" if raw and len(raw) == 32 and SOLANA_SAID.search(before) else None


def _decoded58(word: str) -> bytes | None:
    number = 0
    for sign in word:
        value = VALUES58.get(sign)
        if value is None:
            return None
        number = number * 58 + value
    zeros = len(word) - len(word.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _checksum32(prefix: str, data: str) -> int:
    """BIP 173's checksum: 1 for bech32, another number for bech32m, anything else is a mistake."""
    check = 1
    for value in [*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix), *(VALUES32[sign] for sign in data)]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check
