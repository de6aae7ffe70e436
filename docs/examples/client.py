"""A small client of Vigie's API: submit a page, wait until it is scored, print what Vigie sees in it; draft, sign and follow notices.

    pip install httpx
    export VIGIE_API_KEY=vigie_...          # made on the account page, with submissions:read and submissions:write
    python client.py https://vigie.example https://forum.example/sujet/12

Everything a program must do stands here: say who it is, repeat safely what got no answer, wait when told to, read problems.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIES = 5  # of one request
PASSING = ("unavailable", "too_many", "in_progress")  # kinds of problem after which the same request may do
DONE = ("visible", "ecartee")  # states after which nothing comes by itself


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """What the server says went wrong: ``kind`` to compare, ``detail`` to show, ``errors`` with the place of each mistake."""

    def __init__(self, answer: httpx.Response) -> None:
        is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        body = answer.json() if is_problem else {"type": "about:blank", "detail": f"HTTP {answer.status_code}"}
        self.status = answer.status_code
        self.kind = str(body["type"]).removeprefix("urn:vigie:")
        self.detail, self.errors = str(body["detail"]), body.get("errors", [])
        super().__init__(f"{self.kind}: {self.detail}")


class Vigie:
    """One server and one key. ``pause``: seconds before the second try; it doubles."""

    def __init__(self, server: str, key: str, *, transport: httpx.BaseTransport | None = None, pause: float = 1.0) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=f"{server.rstrip('/')}/api/v1", headers=headers, timeout=30, transport=transport)
        self._pause = pause

    def submit(self, url: str, note: str = "") -> dict[str, Any]:
        """Ask for a public page to be looked at."""
        return self.post("/submissions", {"url": url, "note": note})

    def wait(self, submission_id: str, *, seconds: float = 60) -> dict[str, Any]:
        """The submission once it is scored or set aside. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while True:
            found = self.get(f"/submissions/{submission_id}")
            if found["state"] in DONE:
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"submission {submission_id} is still {found['state']} after {seconds:.0f} s")
            time.sleep(self._pause)

    def draft(self, documents: list[str]) -> dict[str, Any]:
        """A notice on content that two people decided is unlawful; its reasons are a person's to write."""
        return self.notice(self.post("/notices", {"documents": documents})["id"])

    def notice(self, notice_id: str) -> dict[str, Any]:
        """All of a notice: ``problems`` says what is missing, ``digest`` and ``statement`` are what a person signs."""
        return self.get(f"/notices/{notice_id}")

    def change(self, notice: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Write fields anew, of the version that was read. Signatures fall."""
        self.post(f"/notices/{notice['id']}/changes", {"version": notice["version"], **fields})
        return self.notice(notice["id"])

    def sign(self, notice: dict[str, Any], *, interests: str, gates: list[str] | None = None) -> dict[str, Any]:
        """Sign in the name of the key's owner, who has read this notice and its statement on this program's screen."""
        said = {"digest": notice["digest"], "statement": notice["statement"], "interests": interests, "gates": gates or []}
        return self.post(f"/notices/{notice['id']}/signatures", said)

    def inform(self, notice: dict[str, Any], *, choice: str, reason: str, **when: str) -> dict[str, Any]:
        """GDPR art. 14: a person's choice, before it leaves; ``informed_at`` of informe, ``due_at`` of differe."""
        return self.post(f"/notices/{notice['id']}/information", {"choice": choice, "reason": reason, **when})

    def sent(self, notice: dict[str, Any], *, channel: str, reference: str | None = None) -> dict[str, Any]:
        """Say that a person sent it, outside Vigie."""
        return self.post(f"/notices/{notice['id']}/sent", {"digest": notice["digest"], "channel": channel, "reference": reference})

    def answered(self, notice_id: str, actions: list[str], **fields: Any) -> dict[str, Any]:
        """What the provider did about each item, in their order."""
        outcomes = [{"position": place, "action": action} for place, action in enumerate(actions, 1)]
        return self.post(f"/notices/{notice_id}/answer", {"outcomes": outcomes, **fields})

    def document(self, notice_id: str, ending: str) -> bytes:
        """The notice as pdf, json, txt or eml. Raises Problem."""
        answer = self._http.get(f"/notices/{notice_id}/document.{ending}")
        if not answer.is_success:
            raise Problem(answer)
        return answer.content

    def each(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        following: str | None = path
        while following:
            page = self.get(following.removeprefix("/api/v1"))
            yield from page["items"]
            following = page["next"]

    def get(self, path: str) -> dict[str, Any]:
        """Read something. Raises Problem."""
        return self._call("GET", path)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do something, once: each try carries the same key, so that one that got no answer is not done twice. Raises Problem."""
        return self._call("POST", path, json=body, headers={"Idempotency-Key": f'"{uuid4()}"'})

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        for again in range(TRIES):
            last = again == TRIES - 1
            try:
                answer = self._http.request(method, path, **options)
            except httpx.TransportError:
                if last:
                    raise
                wait = self._pause * 2**again
            else:
                if answer.is_success:
                    found: dict[str, Any] = answer.json()
                    return found
                problem = Problem(answer)
                wait = float(answer.headers.get("Retry-After", self._pause * 2**again))
                if last or problem.kind not in PASSING or wait > 60:
                    raise problem
            time.sleep(wait)
        raise RuntimeError("unreachable")


def told(found: dict[str, Any]) -> str:
    """What Vigie sees, as people read it."""
    if found["state"] == "ecartee":
        return f"Mise de côté : {found['explanation']}"
    lines = []
    for marker in found["seen"]["markers"]:
        lines.append(f"{marker['name']} : {marker['level']} — {marker['said']}")
        lines += [f"  « {passage['text']} » {', '.join(passage['signs'])}".rstrip() for passage in marker["evidence"]]
    lines += [f"Signe : {flag['name']}" for flag in found["seen"]["flags"]]
    lines += [f"{event['at']} {event['text']}" for event in found["events"]]
    return "\n".join(lines)


def main() -> int:
    """Submit the address that the command names."""
    if len(sys.argv) != 3 or "VIGIE_API_KEY" not in os.environ:
        print("VIGIE_API_KEY=vigie_... python client.py SERVER ADDRESS", file=sys.stderr)
        return 2
    vigie = Vigie(sys.argv[1], os.environ["VIGIE_API_KEY"])
    try:
        print(told(vigie.wait(vigie.submit(sys.argv[2])["id"])))
    except (Problem, TimeoutError, httpx.TransportError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
