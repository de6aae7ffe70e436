"""A time-stamp authority of the tests' own, made with openssl: a root, a certificate for time stamps, and a server that answers RFC 3161 over HTTP."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[stamper]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
{certs}
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass
class Authority:
    """``root``: the certificate (PEM) that it is checked against; ``behaviour`` says how it answers."""

    folder: Path
    url: str = ""
    behaviour: str = (
        "well"  # other: stamps something else; replay: what it answered before; refuses; status; type; redirect; large; silent; slow; rubbish
    )
    asked: list[bytes] = field(default_factory=list)
    last: bytes = b""

    @property
    def root(self) -> Path:
        return self.folder / "ca.pem"

    def answer(self, query: bytes) -> bytes:
        name = f"q{time.monotonic_ns()}"
        (self.folder / f"{name}.tsq").write_bytes(query)
        openssl(self.folder, "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", f"{name}.tsq", "-out", f"{name}.tsr")
        return (self.folder / f"{name}.tsr").read_bytes()


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path, *, name: str = "Essai", whole_chain: bool = False) -> Authority:
    """Keys and certificates in a new folder. ``whole_chain``: its answers hold the root too, in an order that DER does not allow, as many do."""
    folder.mkdir(parents=True)
    (folder / "tsa.cnf").write_text(CONFIG.format(certs="certs = ca.pem" if whole_chain else ""), encoding="utf-8")
    (folder / "serial").write_text("01\n", encoding="utf-8")
    subject, days = f"/C=FR/O=Autorite {name}", ("-days", "3650")
    openssl(
        folder,
        "req",
        "-x509",
        *KEY,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        *days,
        "-subj",
        f"{subject}/CN=Racine",
        "-config",
        "tsa.cnf",
        "-extensions",
        "root",
    )
    openssl(folder, "req", *KEY, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", f"{subject}/CN=Horodatage", "-config", "tsa.cnf")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2", "-extfile", "tsa.cnf", "-extensions", "stamper")
    openssl(folder, "x509", "-req", "-in", "tsa.csr", *signed, *days, "-out", "tsa.pem")
    return Authority(folder)


@contextmanager
def serving(authority: Authority) -> Iterator[Authority]:
    """The authority on a free port of loopback."""

    made = {"large": b"0" * 10_000, "rubbish": b"rubbish", "refuses": bytes.fromhex("30053003020102")}  # status 2: rejection

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            authority.asked.append(query)
            how = authority.behaviour
            if how == "silent":
                time.sleep(1.5)
                return
            body = made.get(how) or authority.answer(query)
            if how == "other":  # a right answer to another question
                body = authority.answer(query[:29] + bytes(one ^ 1 for one in query[29:33]) + query[33:])
            elif how == "replay":
                authority.last = authority.last or body
                body = authority.last
            self.send_response({"status": 503, "redirect": 302}.get(how, 200))
            self.send_header("Content-Type", "text/html" if how == "type" else "application/timestamp-reply")
            if how == "redirect":
                self.send_header("Location", authority.url + "ailleurs")
            self.send_header("Content-Length", str(10**12 if how == "large" else len(body)))
            self.end_headers()
            step = 50 if how == "slow" else len(body)
            with suppress(ConnectionError):
                for place in range(0, len(body), step):
                    self.wfile.write(body[place : place + step])
                    time.sleep(0.2 if how == "slow" else 0)
                while how == "large":  # it never ends
                    self.wfile.write(body)
                    time.sleep(0.01)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    authority.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
