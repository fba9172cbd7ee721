"""Somebody at work, as the server sees one: signs in with password and code, opens pages, sends forms.

Plain sockets and no parsing of pages, so that the hands take little of the machine they share with the server.
A connection is kept, as a browser keeps it. What cannot be reached raises ``OSError``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

ANSWER_WITHIN_S = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^=]+)=([^;\r]*)", re.IGNORECASE)
_PLACE = re.compile(rb"\r\n(?:location|hx-redirect): *([^\r]+)", re.IGNORECASE)
_TAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)
_KEY = re.compile(rb'name="idempotency_key" value="([0-9a-f-]{36})"')


class Refused(Exception):
    """The server answered, and not with what was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and the seconds from the first byte sent to the last one received."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    @property
    def place(self) -> str:
        """Where the answer leads to; empty for nowhere."""
        found = _PLACE.search(self.head)
        return found.group(1).decode() if found else ""

    @property
    def tag(self) -> str:
        """The tag of this version of the page; empty where it has none."""
        found = _TAG.search(self.head)
        return found.group(1).decode() if found else ""

    @property
    def key(self) -> str:
        """The idempotency key of the form on the page; empty where there is none."""
        found = _KEY.search(self.body)
        return found.group(1).decode() if found else ""


class Hands:
    """One browser of one member of staff."""

    def __init__(self, port: int, email: str, password: str, secret: str) -> None:
        self.port, self.email = port, email
        self._password, self._secret = password, secret
        self._cookies: dict[str, str] = {}
        self._connection: socket.socket | None = None

    def sign_in(self) -> None:
        """Sign in with password and the code of now. Raises Refused when the server will not have it."""
        self._cookies.clear()
        self.get("/sign-in/")
        asked = self.post("/sign-in/", {"login": self.email, "password": self._password})
        if "second-factor" not in asked.place:
            raise Refused(f"{self.email}: the password was answered with {asked.status}.")
        self.get("/sign-in/second-factor/")
        done = self.post("/sign-in/second-factor/", {"code": code_at(self._secret, time.time())})
        if done.status not in (302, 303):
            raise Refused(f"{self.email}: the code was answered with {done.status}.")
        self.get("/account/")  # a page with a form, so that the next one can be sent

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Open an address."""
        return self._ask("GET", path, b"", headers or {})

    def part(self, path: str, tag: str = "") -> Answer:
        """Fetch a part of a page that is open already, if it is not the one tagged ``tag``."""
        told = {"HX-Request": "true"} | ({"If-None-Match": tag} if tag else {})
        return self._ask("GET", path, b"", told)

    def post(self, path: str, fields: Mapping[str, object]) -> Answer:
        """Send a form."""
        said = {"csrfmiddlewaretoken": self._cookies.get("csrf", ""), **fields}
        body = urlencode(said, doseq=True).encode()
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def close(self) -> None:
        """Let go of the connection; the next request makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{self.port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self._cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self._cookies.items()))
        if body:
            lines.append(f"Content-Length: {len(body)}")
        sent = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        begun = time.perf_counter()
        try:
            head, content = self._exchange(sent)
        except OSError:
            self.close()
            raise
        seconds = time.perf_counter() - begun
        self._cookies |= {name.decode(): value.decode() for name, value in _COOKIE.findall(head)}
        return Answer(int(head[9:12]), head, content, seconds)

    def _exchange(self, sent: bytes) -> tuple[bytes, bytes]:
        fresh = self._connection is None
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self.port), ANSWER_WITHIN_S)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._connection.sendall(sent)
            return self._read()
        except (BrokenPipeError, ConnectionResetError, _Closed):
            if fresh:
                raise
            self.close()  # the server let go of an idle connection: a browser asks once more on a new one
            return self._exchange(sent)

    def _read(self) -> tuple[bytes, bytes]:
        assert self._connection is not None
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more(begun=bool(received))
        head, content = received[: end + 2], received[end + 4 :]
        length = _LENGTH.search(head)
        parts, have = [content], len(content)
        wanted = int(length.group(1)) if length else 0
        while have < wanted:
            parts.append(self._more(begun=True))
            have += len(parts[-1])
        return head, b"".join(parts)

    def _more(self, *, begun: bool) -> bytes:
        assert self._connection is not None
        piece = self._connection.recv(262_144)
        if not piece:
            raise ConnectionError("The connection ended in the middle.") if begun else _Closed()
        return piece


class _Closed(ConnectionError):
    """The server closed a connection before it answered on it."""


def code_at(secret: str, seconds: float) -> str:
    """The one-time code (RFC 6238) that an authenticator shows then."""
    counter = (int(seconds) // 30).to_bytes(8, "big")
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"
