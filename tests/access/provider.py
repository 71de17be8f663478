"""An OpenID provider in a process of its own, which also asks for PKCE: ``python -m tests.access.provider PORT``.

It is oidc-provider-mock, which does all of the code flow but PKCE. ``PUT /bend`` with a JSON object makes it do what
an honest provider would not: ``ahead``: its clock is so many seconds ahead; ``nonce``: signed into the next tokens;
``tamper``: claims put into them after they were signed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec
import requests

from tests.access.house import answers
from tests.conftest import REPO
from tests.ports import free_port

Start = Callable[..., Any]


class Provider(msgspec.Struct):
    """A running one."""

    issuer: str
    process: Any

    def knows(self, sub: str, **claims: Any) -> None:
        """Tell it about somebody."""
        requests.put(f"{self.issuer}/users/{sub}", json=claims, timeout=30).raise_for_status()

    def bend(self, **how: Any) -> None:
        """What it does wrong from now on; nothing: no more."""
        requests.put(f"{self.issuer}/bend", json=how, timeout=30).raise_for_status()

    def agreed(self, url: str, sub: str, **form: str) -> dict[str, str]:
        """Somebody logs in there; gives what it sends along to the address it sends them back to."""
        answer = requests.post(url, data={"sub": sub, **form}, timeout=30, allow_redirects=False)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    def stop(self) -> None:
        """It is down."""
        self.process.terminate()
        self.process.wait(60)


@contextlib.contextmanager
def opened() -> Iterator[Provider]:
    """Start one and end it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "tests.access.provider", str(port)], cwd=REPO)
    started = Provider(f"http://localhost:{port}", process)
    try:
        answers(f"{started.issuer}/.well-known/openid-configuration", process)
        yield started
    finally:
        started.stop()


class Bent:
    """WSGI around the provider: PKCE, and what it is told to do wrong."""

    def __init__(self, app: Any, clock: Any) -> None:
        self._app, self._clock, self._how = app, clock, {}
        self._challenges: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path, body = environ["PATH_INFO"], environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        if path == "/bend":
            self._how = json.loads(body)
            self._clock.move_to(REAL() + timedelta(seconds=self._how.get("ahead", 0)))
            start("204 No Content", [])
            return []
        query = parse_qs(environ["QUERY_STRING"])
        if path == "/oauth2/authorize" and query.get("code_challenge_method") != ["S256"]:
            return _said(start, "400 Bad Request", {"error": "invalid_request"})
        if path == "/oauth2/authorize" and "nonce" in self._how:
            environ["QUERY_STRING"] = urlencode({**{k: v[0] for k, v in query.items()}, "nonce": self._how["nonce"]})
        if path == "/oauth2/token" and not self._proven(parse_qs(body.decode())):
            return _said(start, "400 Bad Request", {"error": "invalid_grant"})
        status, headers, sent = self._asked(environ)
        if path == "/oauth2/authorize" and "location" in headers:
            code = parse_qs(urlsplit(headers["location"]).query).get("code", [""])[0]
            self._challenges[code] = query["code_challenge"][0]
        if path == "/oauth2/token" and status.startswith("200"):
            sent = self._bent(sent)
        headers["content-length"] = str(len(sent))
        start(status, list(headers.items()))
        return [sent]

    def _proven(self, form: dict[str, list[str]]) -> bool:
        wanted = self._challenges.get(form.get("code", [""])[0], "none")
        found = hashlib.sha256(form.get("code_verifier", [""])[0].encode()).digest()
        return urlsafe_b64encode(found).rstrip(b"=").decode() == wanted

    def _asked(self, environ: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
        said: list[Any] = []
        parts = self._app(environ, lambda status, headers, *more: said.extend((status, headers)))
        sent = b"".join(parts)
        return said[0], {name.lower(): value for name, value in said[1]}, sent

    def _bent(self, sent: bytes) -> bytes:
        given = json.loads(sent)
        if "tamper" in self._how:
            head, body, seal = given["id_token"].split(".")
            claims = {**json.loads(urlsafe_b64decode(body + "==")), **self._how["tamper"]}
            body = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
            given["id_token"] = f"{head}.{body}.{seal}"
        return json.dumps(given).encode()


def _said(start: Start, status: str, body: dict[str, str]) -> list[bytes]:
    start(status, [("content-type", "application/json")])
    return [json.dumps(body).encode()]


if __name__ == "__main__":
    import time_machine
    from oidc_provider_mock import app
    from werkzeug.serving import make_server

    begun, REAL = datetime.now(UTC), lambda: datetime.fromtimestamp(time_machine.escape_hatch.time.time(), UTC)
    with time_machine.travel(begun) as clock:
        inner = app(require_nonce=True, issue_refresh_token=False)
        make_server("localhost", int(sys.argv[1]), Bent(inner, clock), threaded=True).serve_forever()
