"""``manage first_administrator ADDRESS``: the link by which a new clinic gets its first administrator."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse
from django.utils import timezone

from euthymia.clinic.access.actions import AdministratorExists, issue_first_administrator_link


class Command(BaseCommand):
    """Prints the link, or nothing where there is an administrator. Each new link ends the one before it."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="where the clinic is served, such as https://clinic.example")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            token = issue_first_administrator_link(at=timezone.now())
        except AdministratorExists:
            return
        link = options["address"].rstrip("/") + reverse("access:one_time_link", args=[token])
        self.stdout.write("\nThis clinic has no administrator yet. Open this link within a day, once:")
        self.stdout.write(f"  {link}\nWhoever opens it first is the administrator. Keep it to yourself.\n")
