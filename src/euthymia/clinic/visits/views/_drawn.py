"""The tiles of a board as HTML. A tile is drawn once; a screen that asks again gets the same piece."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from threading import Lock
from typing import Any
from uuid import uuid4

from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from euthymia.clinic.visits.queries import Board, Tile

_MOST = 8000  # ours: as many pieces as roles and visits of a large clinic make; two kilobytes each
# What belongs to one answer is put in last. Nobody can type these words: each process makes its own.
_CSRF, _KEY = f"csrf-{secrets.token_hex(16)}", f"key-{secrets.token_hex(16)}"

_pieces: OrderedDict[tuple[int, int, bool], tuple[Tile, str]] = OrderedDict()
_lock = Lock()


def drawn(board: Board, request: Any, *, wall: bool = False) -> dict[str, SafeString]:
    """The board's four lists of tiles; on a ``wall`` they lead nowhere."""
    token = "" if wall else get_token(request)
    piece = partial(_piece, request, wall)
    return {
        "watched": _joined([piece(tile, place) for place, tile in enumerate(board.watched, 1)], token),
        "here": _joined([piece(tile, 0) for tile in board.here], token),
        "expected": _joined([piece(tile, 0) for tile in board.expected], token),
        "left": _joined([piece(tile, 0) for tile in board.left], token),
    }


def _joined(pieces: Sequence[str], token: str) -> SafeString:
    whole = "".join(pieces).replace(_CSRF, token)
    first, *others = whole.split(_KEY)
    keyed = "".join([first, *(f"{uuid4()}{other}" for other in others)])
    return mark_safe(keyed)  # noqa: S308  pieces that templates drew, a token and UUIDs


def _piece(request: Any, wall: bool, tile: Tile, place: int) -> str:
    """``place`` is the tile's among those who are watched; 0 for one in a list. A tile is made for alike eyes."""
    name = (id(tile), place, wall)
    with _lock:
        if (found := _pieces.get(name)) and found[0] is tile:
            _pieces.move_to_end(name)
            return found[1]
    template = "visits/_tile.html" if place else "visits/_seat.html"
    shown = {"tile": tile, "place": place, "wall": wall, "csrf_token": _CSRF, "key": _KEY}
    piece = render_to_string(template, shown, request)
    with _lock:
        _pieces[name] = (tile, piece)  # the tile is kept, so that no other takes its id
        while len(_pieces) > _MOST:
            _pieces.popitem(last=False)
    return piece
