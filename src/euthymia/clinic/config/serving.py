"""What each of the server's processes loads: the application, in a process that dies with the server."""

from __future__ import annotations

from euthymia.clinic.config import processes

processes.die_with_parent()

from euthymia.clinic.config.wsgi import application  # noqa: E402  # after the process is tied to its parent

__all__ = ["application"]
