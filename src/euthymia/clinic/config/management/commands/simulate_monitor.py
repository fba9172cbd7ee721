"""``manage simulate_monitor``: a bedside monitor that is none, for trying the connection and for the demo."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.config.demo import bedside, team
from euthymia.clinic.config.demo.cast import MAIN_CLINIC
from euthymia.clinic.visits import actions
from euthymia.clinic.visits.models import Monitor, Visit
from euthymia.protocol import VISIT, Product

MOST_SPEED = 60  # a second for each minute: times are sent in whole seconds
ADDRESSES = {"json": "/monitors/readings/", "fhir": "/fhir"}


class Command(BaseCommand):
    """Sends to a real address with a real key; with ``--demo`` it makes monitor and key itself, in a demo alone."""

    help = "Send synthetic readings as a bedside monitor would, with gaps, duplicates, skew and artefacts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where Euthymia answers")
        parser.add_argument("--key", default="", help="the monitor's key, as the administrator was shown it")
        parser.add_argument("--demo", action="store_true", help="make a monitor at a chair of the demo")
        parser.add_argument("--seed", default="1", help="another seed is another patient")
        parser.add_argument("--product", default=Product.ESKETAMINE_NASAL.value, choices=list(Product))
        parser.add_argument("--minutes", type=int, default=120, help="how long it sends")
        parser.add_argument("--from-minute", type=int, default=-5, help="minutes after the dose it begins at")
        parser.add_argument("--speed", type=float, default=1.0, help="minutes of the patient in one of ours")
        parser.add_argument("--form", default="json", choices=sorted(ADDRESSES))
        parser.add_argument("--troubles", default=",".join(bedside.TROUBLES), help="empty: none")

    def handle(self, *_: Any, **options: Any) -> None:
        troubles = tuple(filter(None, options["troubles"].split(",")))
        if unknown := set(troubles) - set(bedside.TROUBLES):
            raise CommandError(
                f"No such trouble: {', '.join(unknown)}. Known are {', '.join(bedside.TROUBLES)}."
            )
        if urlsplit(options["url"]).scheme not in ("http", "https"):
            raise CommandError("Give an address that begins with http:// or https://.")
        key = options["key"] or (_demo_key() if options["demo"] else "")
        if not key:
            raise CommandError("Give --key, or --demo in a demo.")
        if not 0 < options["speed"] <= MOST_SPEED:
            raise CommandError(f"Choose a speed above 0 and up to {MOST_SPEED}.")
        step = timedelta(minutes=1) / options["speed"]
        begins = timezone.now() + timedelta(seconds=2)  # after the monitor was put in its place
        made = bedside.stream(
            options["seed"],
            Product(options["product"]),
            t0=begins - options["from_minute"] * step,
            minutes=options["minutes"],
            begins_min=options["from_minute"],
            troubles=troubles,
            step=step,
        )
        for sent in _when_due(made.sent):
            status, answer = _post(options["url"], options["form"], key, sent)
            self.stdout.write(f"{sent.why:<8} {status} {answer}")


def _when_due(sent: list[bedside.Sent]) -> Iterator[bedside.Sent]:
    """Each message when it is due."""
    for each in sent:
        time.sleep(max(0.0, (each.arrives_at - timezone.now()).total_seconds()))
        yield each


def _post(url: str, form: str, key: str, sent: bedside.Sent) -> tuple[int, str]:
    body = bedside.as_fhir(sent.body) if form == "fhir" else sent.body
    request = urllib.request.Request(  # noqa: S310  # http or https, as checked
        url.rstrip("/") + ADDRESSES[form],
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/fhir+json" if form == "fhir" else "application/json",
            "Idempotency-Key": sent.message_id,
            "Date": format_datetime(datetime.fromisoformat(sent.body["sent_at"])),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, _fates(json.load(answer))
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")[:200]
    except OSError as error:
        return 0, f"not reached: {error}"


def _fates(told: dict[str, Any]) -> str:
    if "issue" in told:
        return "; ".join(str(each["diagnostics"]) for each in told["issue"])
    return "; ".join(" ".join(filter(None, (each["fate"], each["why"]))) for each in told["readings"])


def _demo_key() -> str:
    """A monitor at the chair of somebody who is watched in the demo, and its key."""
    if settings.MODE not in {"demo", "test"}:
        raise CommandError("--demo is for the demo. In a clinic the administrator issues the key.")
    now, here = timezone.now(), team.team(MAIN_CLINIC)
    admin, nurse = here.one(Role.ADMINISTRATOR), here.one(Role.NURSE)
    taken = Monitor.objects.filter(clinic=here.clinic).count()
    watched = Visit.objects.filter(clinic=here.clinic, state="monitoring").order_by("chair__name")
    here_now = Visit.objects.filter(clinic=here.clinic, state__in=sorted(VISIT.occupied)).order_by(
        "chair__name"
    )
    places = list(watched) or list(here_now)
    if not places:
        raise CommandError("Nobody is in a chair of the demo now. Begin a visit, or ./run demo --fresh.")
    monitor_id = actions.keep_monitor(
        by=admin, at=now, name=f"Simulated {taken + 1}", make="No machine", serial=f"SIM-{taken + 1}"
    )
    key = actions.issue_key(by=admin, at=now, monitor_id=monitor_id, reauth=team.prove(admin, now))
    place = places[taken % len(places)]
    actions.place_monitor(by=nurse, at=now, monitor_id=monitor_id, visit_id=place.pk)
    return key
