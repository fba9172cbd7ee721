"""Sealed files: a stream in chunks of AES-256-GCM under an authenticated header.

A file is the magic line, the header's length (4 bytes) and the header (JSON), then chunks. Each chunk is
encrypted under the file's own key with the nonce ``7 random bytes | chunk number | 1 when it is the last``
and bound to the hash of everything before the chunks. So a changed byte, a moved, missing or foreign chunk,
a cut end and a changed header are all noticed (the STREAM construction of Hoang, Reyhanitabar, Rogaway and
Vizár, 2015). The file's key comes from a key file (HKDF) or a passphrase (scrypt), with a salt of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"EUTHYMIA BACKUP 1\n"
CHUNK_BYTES = 1 << 20
_TAG_BYTES = 16
_LONGEST_HEADER_BYTES = 1 << 16
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 1 << 17, 8, 1  # 128 MiB and about half a second: OWASP's first choice
_LARGEST_SCRYPT_N = 1 << 20  # what a file may ask of the machine that opens it


class SealError(Exception):
    """The file cannot be opened; the message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens a file: the contents of a key file, or a passphrase."""

    kind: str  # "file" or "passphrase"
    value: bytes

    @property
    def name(self) -> str:
        """Tells one key file from another without giving it away; empty for a passphrase."""
        return hashlib.sha256(b"name" + self.value).hexdigest()[:16] if self.kind == "file" else ""


class Sealer:
    """Writes a sealed file: ``write`` any number of times, then ``close``. ``about`` stays readable."""

    def __init__(self, file: IO[bytes], secret: Secret, about: dict[str, Any]) -> None:
        salt, self._prefix = os.urandom(32), os.urandom(7)
        key_facts: dict[str, Any] = {"kind": secret.kind, "name": secret.name, "salt": _text(salt)}
        if secret.kind == "passphrase":
            key_facts |= {"n": _SCRYPT_N, "r": _SCRYPT_R, "p": _SCRYPT_P}
        header = json.dumps({"about": about, "key": key_facts, "nonce": _text(self._prefix)}).encode()
        start = MAGIC + struct.pack(">I", len(header)) + header
        file.write(start)
        self._file, self._bound = file, hashlib.sha256(start).digest()
        self._cipher = AESGCM(_derive(secret, key_facts))
        self._number, self._waiting = 0, bytearray()

    def write(self, data: bytes) -> None:
        """Add plain text; what fills a chunk is encrypted and written."""
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:  # the last chunk waits for close, which marks it
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]

    def close(self) -> None:
        """Write the last chunk. A file that was never closed does not open."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last)
        self._file.write(self._cipher.encrypt(nonce, plain, self._bound))
        self._number += 1


@dataclass(frozen=True, slots=True)
class Header:
    """The readable start of a sealed file; nothing in it is to be believed before a chunk has been opened."""

    about: dict[str, Any]
    key: dict[str, Any]
    prefix: bytes
    bound: bytes


def read_header(file: IO[bytes]) -> Header:
    """Read up to the first chunk. Raises SealError when this is no sealed file."""
    try:
        magic, length = file.read(len(MAGIC)), file.read(4)
        (size,) = struct.unpack(">I", length)
        if magic != MAGIC or size > _LONGEST_HEADER_BYTES:
            raise ValueError
        raw = file.read(size)
        fields = json.loads(raw)
        bound = hashlib.sha256(magic + length + raw).digest()
        return Header(dict(fields["about"]), dict(fields["key"]), _bytes(fields["nonce"]), bound)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise SealError("This file is not a backup of Euthymia, or its beginning is damaged.") from error


def opened(file: IO[bytes], header: Header, secret: Secret) -> Iterator[bytes]:
    """The plain text, chunk by chunk. Raises SealError at the first chunk that is not as it was sealed.

    Only a stream that came to its end is whole: read it all before you act on any of it.
    """
    if header.key.get("kind") != secret.kind or header.key.get("name") != secret.name:
        raise SealError("This backup was sealed with another key.")
    cipher = AESGCM(_derive(secret, header.key))
    chunk, number = file.read(CHUNK_BYTES + _TAG_BYTES), 0
    while True:
        following = file.read(CHUNK_BYTES + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(header.prefix, number, last=not following), chunk, header.bound)
        except InvalidTag as error:
            wrong = " or the passphrase is wrong" if secret.kind == "passphrase" and number == 0 else ""
            raise SealError(f"This backup was changed or cut short{wrong}; it is refused.") from error
        if not following:
            return
        chunk, number = following, number + 1


def _derive(secret: Secret, facts: dict[str, Any]) -> bytes:
    try:
        salt = _bytes(facts["salt"])
        if secret.kind == "file":
            return HKDF(SHA256(), 32, salt, b"euthymia backup 1").derive(secret.value)
        if not 1 < int(facts["n"]) <= _LARGEST_SCRYPT_N or (facts["r"], facts["p"]) != (_SCRYPT_R, _SCRYPT_P):
            raise ValueError
        return Scrypt(salt, 32, int(facts["n"]), _SCRYPT_R, _SCRYPT_P).derive(secret.value)
    except (ValueError, KeyError, TypeError) as error:
        raise SealError("This backup says nothing sensible about its key; it is refused.") from error


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">I", number) + (b"\1" if last else b"\0")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
