"""A web address as a code that a telephone's camera reads, drawn on the server."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from qrcode.main import QRCode


def image(address: str) -> str:
    """``address`` as an image, to stand in ``src``: black on white in both themes, or no camera reads it."""
    code: Any = QRCode(border=3)
    code.add_data(address)
    code.make()
    rows = code.get_matrix()
    side = len(rows)
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, filled in enumerate(row) if filled
    )
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{path}"/></svg>'
    )
    return "data:image/svg+xml;base64," + b64encode(drawn.encode()).decode()
