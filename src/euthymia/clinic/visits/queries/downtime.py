"""What a paper sheet of a booked visit needs from this room: times to fill in, limits to stop at, who comes along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from euthymia.clinic.access.models import Clinic
from euthymia.clinic.access.permissions import Permission
from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import queries as courses
from euthymia.clinic.courses.queries import PlanView
from euthymia.clinic.people import queries as people
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.clinic.visits import models, routes
from euthymia.clinic.visits.queries._common import PRODUCT_WORDS
from euthymia.clinic.visits.queries.handing_over import contact_of
from euthymia.evidence import Rule, RuleBook
from euthymia.protocol import Clock, MonitoringFacts, Product, monitoring

_OFF = ("cancelled", "missed")
_STOPS, _DOSES, _LEAVING = (
    ("STOP-", "IV-STOP-"),
    ("DOSE-", "IV-DOSE-", "ROUTE-", "DEV-1", "DEV-3"),
    ("MON-", "IV-REC-"),
)
_SINCE = {
    (Product.ESKETAMINE_NASAL, Clock.LAST_DOSE): "after the last device",
    (Product.ESKETAMINE_NASAL, Clock.PROGRAMME): "after the first device",
    (Product.KETAMINE_IV, Clock.LAST_DOSE): "after the end of the infusion",
    (Product.KETAMINE_IV, Clock.PROGRAMME): "after the start of the infusion",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule of the book as it stands on paper; ``mark`` says how it is known."""

    rule: str
    words: str
    mark: str


@dataclass(frozen=True, slots=True)
class DueTime:
    """One line to fill in: so many minutes after what, which readings, between which minutes."""

    minutes: int
    since: str
    kinds: str
    window: str
    rule: str


@dataclass(frozen=True, slots=True)
class BookedSheet:
    """One visit of the day as its paper sheet needs it. ``locked``: a restricted chart, of which only that is told."""

    visit_id: UUID
    patient_id: UUID
    course_id: UUID
    name: str
    mrn: str
    chair: str
    scheduled_at: datetime
    planned_end_at: datetime
    product: Product
    product_words: str
    planned_number: int | None
    locked: bool
    plan: PlanView | None = None
    times: tuple[DueTime, ...] = ()
    stops: tuple[Limit, ...] = ()
    doses: tuple[Limit, ...] = ()
    leaving: tuple[Limit, ...] = ()
    other_routes: str = ""
    agreement: str = ""


@dataclass(frozen=True, slots=True)
class DaySheets:
    """The booked visits of a day by time, with the rule book their limits are taken from."""

    clinic: str
    jurisdiction: str
    on: date
    rules_version: str
    contact: str
    sheets: tuple[BookedSheet, ...]


def sheets(viewer: Viewer, on: date | None, now: datetime) -> DaySheets:
    """The visits booked for a day, today's without one."""
    viewer.require(Permission.VIEW_CHART)
    clinic = Clinic.objects.get(pk=viewer.clinic_id)
    zone = ZoneInfo(clinic.time_zone)
    on = on or now.astimezone(zone).date()
    begin = datetime.combine(on, time(), zone)
    rows = (
        models.Visit.objects.filter(
            clinic_id=viewer.clinic_id, scheduled_at__gte=begin, scheduled_at__lt=begin + timedelta(days=1)
        )
        .exclude(state__in=_OFF)
        .select_related("course__patient", "chair")
        .order_by("scheduled_at", "chair__name")
    )
    book = rulebook.book(viewer.clinic_id)
    booked = list(rows)
    of_the_day = {row.course.patient_id for row in booked}
    open_to = set(people.visible(viewer).filter(pk__in=of_the_day).values_list("id", flat=True))
    plans = courses.plans(viewer, [row.course_id for row in booked])
    return DaySheets(
        clinic=clinic.name,
        jurisdiction=clinic.jurisdiction,
        on=on,
        rules_version=f"{book.jurisdiction} {book.version}",
        contact=contact_of(viewer.clinic_id),
        sheets=tuple(
            _sheet(row, book, zone, open_to=row.course.patient_id in open_to, plan=plans.get(row.course_id))
            for row in booked
        ),
    )


def _sheet(
    row: models.Visit, book: RuleBook, zone: ZoneInfo, *, open_to: bool, plan: PlanView | None
) -> BookedSheet:
    patient, product = row.course.patient, Product(row.product)
    locked = not open_to
    sheet = BookedSheet(
        visit_id=row.id,
        patient_id=patient.id,
        course_id=row.course_id,
        name="Restricted chart" if locked else f"{patient.given_name} {patient.family_name}",
        mrn=patient.medical_record_number,
        chair=row.chair.name,
        scheduled_at=row.scheduled_at.astimezone(zone),
        planned_end_at=row.planned_end_at.astimezone(zone),
        product=product,
        product_words="" if locked else PRODUCT_WORDS[row.product],
        planned_number=None if locked else row.planned_number,
        locked=locked,
    )
    if locked:
        return sheet
    return BookedSheet(
        **{name: getattr(sheet, name) for name in BookedSheet.__slots__ if name not in _LIMITS},
        plan=plan,
        times=_times(row, plan, book),
        stops=_limits(book, product, _STOPS),
        doses=_limits(book, product, _DOSES),
        leaving=_limits(book, product, _LEAVING),
        other_routes=_other_routes(product, book),
        agreement=_agreement(product, book),
    )


_LIMITS = frozenset({"plan", "times", "stops", "doses", "leaving", "other_routes", "agreement"})


def _times(row: models.Visit, plan: PlanView | None, book: RuleBook) -> tuple[DueTime, ...]:
    """The due list as the rules would make it, counted from a start that is still to come: minutes, no clock."""
    product, start = Product(row.product), row.scheduled_at
    lasts = timedelta(minutes=float(plan.minutes)) if plan and plan.minutes else timedelta()
    facts = MonitoringFacts(
        product=product,
        t0=start,
        last_dose_at=start + lasts,
        observations=(),
        waivers=(),
        ended_at=None,
    )
    due = monitoring.due_list(facts, book, start)
    return tuple(
        DueTime(
            minutes=each.minutes,
            since=_SINCE[product, each.clock],
            kinds=", ".join(sorted(kind.value for kind in each.kinds)),
            window=_window(each, facts),
            rule=each.rule,
        )
        for each in due
    )


def _other_routes(product: Product, book: RuleBook) -> str:
    """From when a dose by another route is counted, where the book leaves one open; nobody knows yet which it is."""
    ends = [f"the {each.ends}" for each in routes.open_by(product, book)]
    return f"Counted from {routes.either(ends)}." if ends else ""


def _agreement(product: Product, book: RuleBook) -> str:
    """What a patient reads and signs on the sheet before a dose by another route; nothing where none is open."""
    words = [each.words for each in routes.open_by(product, book)]
    return routes.agreement_text(routes.either(words)) if words else ""


def _window(due: monitoring.DueObservation, facts: MonitoringFacts) -> str:
    anchor = facts.t0 if due.clock is Clock.PROGRAMME else facts.last_dose_at or facts.t0
    first, last = ((edge - anchor) // timedelta(minutes=1) for edge in (due.opens_at, due.closes_at))
    return f"{first} to {last} min"


def _limits(book: RuleBook, product: Product, begin: tuple[str, ...]) -> tuple[Limit, ...]:
    found = [rule for rule in book.values() if product.value in rule.products and rule.id.startswith(begin)]
    return tuple(Limit(rule.id, rule.wording, _mark(rule, product)) for rule in found)


def _mark(rule: Rule, product: Product) -> str:
    known = f"known: {rule.known_for(product.value).value}"
    return known if rule.verified_by else f"{known}; unverified"
