"""One spelling of a content, so that the same content always has the same hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID


def canonical_json(content: Mapping[str, Any]) -> str:
    """``content`` as JSON with sorted keys and no spaces.

    Decimals keep their digits as text (``"56.0"`` and ``"56"`` differ: what was shown was signed), times are
    UTC in ISO 8601. Floats are refused: their spelling is not what the signer saw. Raises TypeError.
    """
    return json.dumps(_plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(content: Mapping[str, Any]) -> str:
    """The SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return _plain(value.value)
        case Decimal() | UUID():
            return str(value)
        case datetime():
            if value.tzinfo is None:
                raise TypeError("A time in a signed content needs its time zone.")
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    raise TypeError(
        f"A signed content cannot hold a {type(value).__name__}: write it as a Decimal or as text."
    )
