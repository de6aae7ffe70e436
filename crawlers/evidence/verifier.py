"""Vérifie un paquet de preuves scellé : python3 verifier.py PAQUET.zip [--autorites FICHIER.pem]

Needs Python 3.9 or later, nothing but its standard library, and openssl for the time stamps. Nothing is fetched. A copy of this file lies in every
bundle; Vigie itself checks with the same one.

A bundle is a zip in one canonical form: files stored as they are, in the order of ``sceau.txt`` (the last one), dated 1980, no comment, no gap, no
extra field. From names, sizes and contents follows every byte of the zip: one that changed anywhere is found, and the place is named.
"""

from __future__ import annotations

import argparse
import calendar
import hashlib
import json
import re
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Stamped = Callable[[bytes, bytes, bytes], "tuple[str, str]"]  # manifest, time stamp, certificates: outcome and sentence

SEAL, MANIFEST, STAMPS = "sceau.txt", "manifest.json", "horodatage/"
MAGIC, LAST = b"VIGIE-SCEAU 1\n", b"  sceau\n"
TAIL = 4 * 2**20  # bytes: seal and directory of the largest bundle take a tenth of it
CHUNK = 2**20
MOST = 2**32 - 1  # bytes: what a zip can hold without extensions
DAY = 0x21  # 1 January 1980, as a zip writes it
MODE = 0o600 << 16
LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{1,10}) ([A-Za-z0-9][A-Za-z0-9._/-]{0,99})")
TIME = re.compile(r"^Time stamp: (\w{3} +\d+ \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", re.MULTILINE)
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)  # JSON that is not what a bundle holds
YES, NO, UNKNOWN, NONE = "oui", "NON", " ? ", " - "
FORGED = "cet horodatage n'est pas celui de ce manifeste, ou sa signature ne tient pas."
STRANGE = "cet horodatage tient d'après les certificats joints, mais aucune des autorités que vous connaissez n'en répond."
SAID = {True: "LE PAQUET EST INTACT.", False: "LE PAQUET N'EST PAS PROUVÉ : voir ce qui est marqué NON ou « ? » ci-dessus."}


class Row(NamedTuple):
    """A file as the seal lists it."""

    name: str
    size: int
    sha256: str


class Finding(NamedTuple):
    """What was found out about a part of the bundle; a sentence in French."""

    part: str
    outcome: str
    says: str


def local(row: Row, crc: int) -> bytes:
    """The header before a file in the zip."""
    name = row.name.encode("ascii")
    return struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, DAY, crc, row.size, row.size, len(name), 0) + name


def central(row: Row, crc: int, offset: int) -> bytes:
    """The entry of a file in the zip's directory."""
    name = row.name.encode("ascii")
    numbers = (3 << 8 | 20, 20, 0, 0, 0, DAY, crc, row.size, row.size, len(name), 0, 0, 0, 0, MODE, offset)
    return struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *numbers) + name


def end(count: int, size: int, offset: int) -> bytes:
    """The end of the zip."""
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


def seal_of(rows: list[Row]) -> bytes:
    """The seal of these files; its last line is the digest of the lines before."""
    body = MAGIC + "".join(f"{row.sha256} {row.size} {row.name}\n" for row in rows).encode("ascii")
    return body + hashlib.sha256(body).hexdigest().encode() + LAST


def rows_of(seal: bytes) -> list[Row]:
    """The files that a seal lists. Raises ValueError for one that is not whole."""
    body, told = seal[: -64 - len(LAST)], seal[-64 - len(LAST) : -len(LAST)]
    if hashlib.sha256(body).hexdigest().encode() != told:
        raise ValueError("le sceau a changé : il n'a plus l'empreinte qui est écrite à sa dernière ligne.")
    found = [LINE.fullmatch(line) for line in body[len(MAGIC) :].decode("ascii", "replace").split("\n")[:-1]]
    rows = [Row(one[3], int(one[2]), one[1]) for one in found if one]
    twice, large = len({row.name for row in rows}) != len(rows), sum(row.size for row in rows) > MOST
    if len(rows) != len(found) or twice or large or any(".." in row.name for row in rows):
        raise ValueError("le sceau ne se lit pas.")
    return rows


class Bundle:
    """An open bundle: its seal, and once walked through, where its files begin."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        tail = file.read()
        at = tail.rfind(MAGIC)
        until = tail.find(LAST, at)
        if at < 0 or until < 0:
            raise ValueError("le sceau manque ou a changé : ce fichier n'est pas, ou plus, un paquet de preuves scellé.")
        self.seal = tail[at : until + len(LAST)]
        self.rows = {row.name: row for row in rows_of(self.seal)}
        self._places: dict[str, int] = {}

    def read(self, name: str) -> bytes:
        """A file of the bundle; b"" for one that it does not hold."""
        self._file.seek(self._places.get(name, 0))
        return self._file.read(self.rows[name].size) if name in self._places else b""

    def walk(self) -> Iterator[Finding]:
        """Every byte of the zip, once: what is not as the seal says."""
        offset, directory = 0, []
        for row in [*self.rows.values(), Row(SEAL, len(self.seal), hashlib.sha256(self.seal).hexdigest())]:
            self._file.seek(offset)
            head = self._file.read(30 + len(row.name))
            crc, sha256 = self._digests(row.size)
            if sha256 != row.sha256:
                yield Finding(row.name, NO, f"le contenu a changé : SHA-256 {sha256}, au lieu de {row.sha256}.")
                crc = struct.unpack("<L", head[14:18].ljust(4, b"\0"))[0]  # of what it was: the header is judged by itself
            if head != local(row, crc):
                yield Finding(row.name, NO, "son en-tête dans le zip a changé.")
            self._places[row.name] = offset + len(head)
            directory.append((row.name, central(row, crc, offset)))
            offset += len(head) + row.size
        yield from self._after(directory, offset)

    def _after(self, directory: list[tuple[str, bytes]], offset: int) -> Iterator[Finding]:
        self._file.seek(offset)
        for name, entry in directory:
            if self._file.read(len(entry)) != entry:
                yield Finding(name, NO, "son entrée dans le répertoire du zip a changé.")
        last = end(len(directory), sum(len(entry) for _, entry in directory), offset)
        if self._file.read(len(last)) != last:
            yield Finding("fin du zip", NO, "l'enregistrement qui termine le zip a changé.")
        if self._file.read(1):
            yield Finding("fin du zip", NO, "des octets ont été ajoutés après la fin.")

    def _digests(self, size: int) -> tuple[int, str]:
        crc, sha256, left = 0, hashlib.sha256(), size
        while left and (chunk := self._file.read(min(CHUNK, left))):
            crc, left = zlib.crc32(chunk, crc), left - len(chunk)
            sha256.update(chunk)
        return crc, sha256.hexdigest()


def examine(path: Path, *, stamped: Stamped) -> list[Finding]:
    """Everything that can be found out about a bundle offline. Raises OSError."""
    with path.open("rb") as file:
        try:
            bundle = Bundle(file)
        except ValueError as error:
            return [Finding(SEAL, NO, str(error))]
        wrong = list(bundle.walk())
        parts = {one.part for one in wrong}
        if MANIFEST not in parts:
            wrong += _listed(bundle, parts)
        whole = f"Les {len(bundle.rows)} fichiers ont la taille et l'empreinte que disent le sceau et le manifeste ; le zip ne contient rien d'autre."
        return [*(wrong or [Finding("paquet", YES, whole)]), *_stamps(bundle, path, {one.part for one in wrong}, stamped)]


def proved(findings: list[Finding]) -> bool:
    """Whether nothing is wrong and nothing was left unchecked."""
    return all(one.outcome in (YES, NONE) for one in findings)


def _listed(bundle: Bundle, wrong: set[str]) -> Iterator[Finding]:
    """What the manifest says against what the seal says, and each document against the record that it rests on."""
    try:
        manifest = json.loads(bundle.read(MANIFEST))
        told = {str(one["name"]): (one["size"], one["sha256"]) for one in manifest["files"]}
        contents = [str(one["folder"]) for one in manifest["contents"]]
    except UNREADABLE:
        yield Finding(MANIFEST, NO, "le manifeste ne se lit pas.")
        return
    held = {row.name: (row.size, row.sha256) for row in bundle.rows.values() if row.name != MANIFEST and not row.name.startswith(STAMPS)}
    for name in sorted(told.keys() | held.keys()):
        if told.get(name) != held.get(name) and name not in wrong:
            said = "il n'est pas au manifeste." if name not in told else "il manque." if name not in held else "il n'a pas l'empreinte du manifeste."
            yield Finding(name, NO, said)
    for folder in contents:
        if not any(part.startswith(folder) for part in wrong):
            yield from _rests(bundle, folder)


def _rests(bundle: Bundle, folder: str) -> Iterator[Finding]:
    """Whether a document's evidence is the record that its bundle holds."""
    record = f"{folder}/preuve.warc.gz"
    try:
        ref = json.loads(bundle.read(f"{folder}/document.json"))["evidence"]
        start = int(json.loads(bundle.read(f"{folder}/conditions.json"))["record"]["offset"])
        raw = bundle.read(record)[start : start + int(ref["length"])]
        if ref.get("record_sha256") not in (None, hashlib.sha256(raw).hexdigest()):
            yield Finding(record, NO, "l'enregistrement n'est pas celui que document.json désigne.")
    except UNREADABLE:
        yield Finding(f"{folder}/document.json", NO, "il ne dit pas sur quel enregistrement il repose.")


def _stamps(bundle: Bundle, path: Path, wrong: set[str], stamped: Stamped) -> Iterator[Finding]:
    manifest, count = bundle.read(MANIFEST), 0
    for name in [name for name in bundle.rows if name.startswith(STAMPS) and name.endswith(".tsr")]:
        count, chain = count + 1, name[:-4] + ".pem"
        if wrong & {name, chain, MANIFEST}:
            yield Finding(name, UNKNOWN, "l'horodatage n'a pas été examiné : lui, ses certificats ou le manifeste ont changé.")
        else:
            yield Finding(name, *stamped(manifest, bundle.read(name), bundle.read(chain)))
    for beside in sorted(path.parent.glob(f"{path.name}.*.tsr")):
        count += 1
        token, pem = beside.read_bytes(), beside.with_suffix(".pem")
        chain_bytes = pem.read_bytes() if pem.is_file() else b""
        if beside_mark(token, chain_bytes) not in beside.name.split("."):
            yield Finding(beside.name, NO, "cet horodatage ajouté, ou son fichier .pem, n'a plus l'empreinte que son nom porte.")
        else:
            yield Finding(beside.name, *stamped(manifest, token, chain_bytes))
    if not count:
        asked = " Des autorités ont été interrogées : lire horodatage/etat.txt." if b'"authorities": [\n' in manifest else ""
        yield Finding("horodatage", NONE, f"ce paquet ne porte aucun horodatage : rien ici ne dit depuis quand il existe.{asked}")


def beside_mark(token: bytes, chain: bytes) -> str:
    """What the name of a time stamp beside its bundle carries: both files are covered by it."""
    return hashlib.sha256(token + chain).hexdigest()[:16]


def root_mark(chain: bytes) -> str:
    """SHA-256 of the last certificate of a chain in PEM; "" where there is none."""
    pems = re.findall("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", chain.decode("ascii", "replace"), re.DOTALL)
    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pems[-1])).hexdigest() if pems else ""
    except ValueError:
        return ""


def by_openssl(manifest: bytes, token: bytes, chain: bytes, *, known: bytes = b"") -> tuple[str, str]:
    """Check a time stamp with openssl. ``known``: certificates (PEM) that the reader trusts, else those that came with it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("manifest", manifest), ("token", token), ("chain", chain), ("known", known or chain)):
            Path(folder, name).write_bytes(data)
        try:
            told = _openssl(folder, "-reply", "-in", "token", "-text")
            found = TIME.search(told.stdout)
            if told.returncode or not found:
                return NO, "l'horodatage ne se lit pas."
            at = time.strptime(f"{' '.join(found[1].split())} {found[2]}", "%b %d %H:%M:%S %Y")
            options = ("-data", "manifest", "-in", "token", "-untrusted", "chain", "-partial_chain", "-attime", str(calendar.timegm(at)), "-CAfile")
            good, own = (_openssl(folder, "-verify", *options, anchors).returncode == 0 for anchors in ("known", "chain"))
        except OSError:
            return UNKNOWN, "openssl n'est pas installé ici : l'horodatage n'a pas été vérifié."
    if not own and not good:
        return NO, FORGED
    if not good:
        return UNKNOWN, STRANGE
    return YES, said_of(time.strftime("%d/%m/%Y à %H:%M:%S UTC", at), known or chain, given=bool(known))


def said_of(at: str, chain: bytes, *, given: bool) -> str:
    """The sentence on a time stamp that holds."""
    whose = "que vous avez données" if given else "jointes au paquet"
    compare = "" if given else " : comparez cette empreinte à celle que l'autorité publie"
    return (
        f"le manifeste existait le {at} ; signature vérifiée d'après les autorités {whose} (dernier certificat, SHA-256 {root_mark(chain)}){compare}."
    )


def _openssl(folder: str, *options: str) -> Any:
    return subprocess.run(["openssl", "ts", *options], cwd=folder, capture_output=True, text=True, errors="replace", check=False)  # noqa: S607


def main(arguments: list[str]) -> int:
    """0 where the bundle is proved, else 2."""
    parser = argparse.ArgumentParser(description=(how := "Vérifie un paquet de preuves scellé, sans réseau : python3 verifier.py PAQUET.zip"))
    parser.add_argument("paquet", type=Path, nargs="?", metavar="PAQUET.zip")
    parser.add_argument("--autorites", type=Path, metavar="FICHIER.pem", help="certificats d'autorités d'horodatage que vous connaissez")
    given, strange = parser.parse_known_args(arguments)
    if strange or not given.paquet:
        parser.exit(2, f"{how}\n")  # the words of argparse are English
    try:
        known = given.autorites.read_bytes() if given.autorites else b""
        findings = examine(given.paquet, stamped=lambda manifest, token, chain: by_openssl(manifest, token, chain, known=known))
    except OSError as error:
        parser.exit(2, f"{error.filename} ne se lit pas : vérifiez le nom du fichier.\n{how}\n")
    told = "".join(f"[{one.outcome}] {one.part} : {one.says}\n" for one in findings)
    sys.stdout.buffer.write(f"{told}{SAID[proved(findings)]}\n".encode())
    return 0 if proved(findings) else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
