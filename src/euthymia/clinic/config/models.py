"""What the wiring itself keeps: the worker's sign of life."""

from __future__ import annotations

from django.db import models

from euthymia.clinic.audit.bases import Transient


class WorkerHeartbeat(Transient):
    """When a worker was last seen, and what it was last doing. One row for each worker's name."""

    name = models.TextField(primary_key=True)
    seen_at = models.DateTimeField(help_text="By the worker's clock, every few seconds.")
    started_at = models.DateTimeField()
    doing = models.TextField(blank=True, help_text="The job's name, never what it works on.")

    def __str__(self) -> str:
        return f"{self.name}, last seen {self.seen_at:%Y-%m-%d %H:%M:%S}"
