"""A clinic of many years, made in minutes: a few patients live through the product's own actions, and are copied.

``fill`` makes the house and its staff, lets some patients be treated by the real actions, and has the database's owner
copy their rows again and again with new ids, names, chairs and days (``INSERT … SELECT`` along the foreign keys that
Django knows, so a table added tomorrow is copied too). The other patients come by ``COPY``. No trigger is switched
off and no constraint is dropped: history, the audit chain and every check do their work on each row.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from django.db.models import Model

GIVEN = (
    "Ada",
    "Ben",
    "Cleo",
    "Dara",
    "Elif",
    "Finn",
    "Gaia",
    "Hugo",
    "Ines",
    "Jun",
    "Kai",
    "Lea",
    "Mads",
    "Nele",
)
FAMILY = (
    "Adler",
    "Brandt",
    "Costa",
    "Dubois",
    "Eriksen",
    "Farkas",
    "Gallo",
    "Haas",
    "Ivanov",
    "Jansen",
    "Kovacs",
)
_ID = "[0-9a-f]{8}-[0-9a-f-]{27}"
_TEXTS = (("safety_task", "origin"), ("pharmacy_drugmovement", "source"))
# What names a row in its text, as “visit:<id>” does.
_IN_TEXT = {
    (table, name): (
        f"coalesce(regexp_replace(t.{name}, '{_ID}', md5(substring(t.{name} from '{_ID}') || ':' || n)::uuid::text),"
        f" t.{name})"
    )
    for table, name in _TEXTS
}
DAYS = (0, 3, 7, 10, 14, 17, 21, 24)
TURN_DAYS = 28
CHAIRS = 12  # for the history of each model patient
_BATCH = 25
Tell = Callable[[str], None]


@dataclass
class Volume:
    """How much there is to be."""

    patients: int = 75_000
    observations: int = 1_000_000
    visits_of_one: int = 2_000


# --- copying --------------------------------------------------------------------------------------------------
@dataclass
class Copies:
    """Copies of everything that belongs to some rows. ``n`` in an expression is the number of the copy.

    ``shift`` moves every time and day; ``columns`` replaces single columns by an expression over the row ``t``.
    """

    roots: Mapping[type[Model], Iterable[Any]]
    shift: str = "interval '0'"
    columns: dict[tuple[str, str], str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()  # tables whose rows are shared and not copied

    def __post_init__(self) -> None:
        self.models = [model for model in _copied_models() if model._meta.db_table not in self.kept]
        self.found: dict[type[Model], set[Any]] = {model: set(ids) for model, ids in self.roots.items()}
        self._gather()

    def _gather(self) -> None:
        """Everything that points at what is copied, and what it alone points at: its signature, its weighing."""
        grown = True
        while grown:
            before = sum(map(len, self.found.values()))
            for model in self.models:
                for key in _keys(model):
                    to = key.related_model
                    if self.found.get(to):
                        rows = model._default_manager.filter(**{f"{key.name}__in": self.found[to]})
                        self._add(model, rows.values_list("pk", flat=True))
                for key in _keys(model):
                    own = key.one_to_one or key.related_model._meta.db_table == "audit_signature"
                    if own and key.related_model in self.models and self.found.get(model):
                        rows = model._default_manager.filter(pk__in=self.found[model])
                        named = rows.exclude(**{key.attname: None}).values_list(key.attname, flat=True)
                        self._add(key.related_model, named)
            grown = sum(map(len, self.found.values())) > before

    def _add(self, model: type[Model], ids: Iterable[Any]) -> None:
        self.found.setdefault(model, set()).update(ids)

    def make(self, connection: psycopg.Connection, numbers: range) -> int:
        """Insert the copies with these numbers; returns how many rows there are of them."""
        rows = 0
        for model in self._in_order():
            statement = self._statement(model)
            done = connection.execute(statement, [numbers.start, numbers.stop - 1, list(self.found[model])])
            rows += done.rowcount
        return rows

    def _statement(self, model: type[Model]) -> sql.Composed:
        table = model._meta.db_table
        columns = [each for each in model._meta.concrete_fields if each.column]
        wanted = sql.SQL(", ").join(sql.Identifier(each.column) for each in columns)
        made = sql.SQL(", ").join(sql.SQL(self._expression(table, each)) for each in columns)
        return sql.SQL(
            "INSERT INTO {table} ({wanted}) SELECT {made} FROM {table} t, generate_series(%s::int, %s::int) n"
            " WHERE t.{pk} = ANY(%s)"
        ).format(
            table=sql.Identifier(table), wanted=wanted, made=made, pk=sql.Identifier(model._meta.pk.column)
        )  # fmt: skip

    def _expression(self, table: str, column: Any) -> str:
        name = f't."{column.column}"'
        place = (table, column.column)
        if place in self.columns or place in _IN_TEXT:
            return self.columns.get(place) or _IN_TEXT[place]
        kind = (column.target_field if column.is_relation else column).get_internal_type()
        if kind == "UUIDField":
            shared = column.is_relation and column.related_model not in self.found
            return name if shared else f"md5({name}::text || ':' || n)::uuid"
        if kind == "DateTimeField":
            return f"{name} + {self.shift}"
        if kind == "DateField" and column.column != "birth_date":
            return f"({name} + {self.shift})::date"
        return name

    def _in_order(self) -> list[type[Model]]:
        """Those with rows, each after what it points at."""
        left = [model for model, ids in self.found.items() if ids]
        ordered: list[type[Model]] = []
        while left:
            ready = [
                model
                for model in left
                if not {key.related_model for key in _keys(model)} & (set(left) - {model})
            ]
            assert ready, f"These tables point at each other: {left}"
            ordered += ready
            left = [model for model in left if model not in ready]
        return ordered


def _copied_models() -> list[type[Model]]:
    """What belongs to a patient: facts and states, and neither the house nor its history."""
    from django.apps import apps

    from euthymia.clinic.audit.bases import Fact, State

    house = {"access_clinic", "access_user", "visits_chair"}
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Fact | State)
        and model._meta.db_table not in house
        and not model._meta.db_table.startswith("rulebook_")
    ]


def _keys(model: type[Model]) -> list[Any]:
    return [each for each in model._meta.concrete_fields if each.is_relation and each.related_model]


# --- the house --------------------------------------------------------------------------------------------------
def chairs(clinic: Any, names: Iterable[str], *, active: bool = True) -> list[int]:
    """Chairs of the house, by number."""
    from euthymia.clinic.visits.models import Chair

    return [Chair.objects.create(clinic=clinic, name=name, is_active=active).pk for name in names]


def one_of(numbers: Iterable[int], index: str) -> str:
    """An expression: the chair at a place of a list."""
    return f"(ARRAY[{','.join(map(str, numbers))}])[1 + ({index})::int]"


def named(prefix: str) -> dict[tuple[str, str], str]:
    """Names and record numbers of copied patients."""
    return {
        (
            "people_patient",
            "medical_record_number",
        ): f"'{prefix}' || n || '-' || substr(md5(t.id::text), 1, 6)",
        ("people_patient", "given_name"): _name(GIVEN, "n * 7"),
        ("people_patient", "family_name"): f"{_name(FAMILY, 'n * 5')} || n",
    }


def _name(names: tuple[str, ...], index: str) -> str:
    quoted = ",".join(f"'{name}'" for name in names)
    return f"(ARRAY[{quoted}])[1 + ({index}) %% {len(names)}]"


# --- lives ------------------------------------------------------------------------------------------------------
def treat(by: Any, at: datetime, course_id: UUID | None, product: Any, chair_id: int) -> UUID:
    """One whole visit, closed and over; returns its course."""
    from tests.clinic import patients
    from tests.clinic.visits import scenes

    from euthymia.clinic.visits import actions, models
    from euthymia.clinic.visits.models.dose import InfusionStep
    from euthymia.protocol import Product

    more = {"chair_id": chair_id} | ({"course_id": course_id} if course_id else {})
    try:
        visit_id = scenes.ordered(by, at, product, **more)
    except actions.GateShut as shut:  # the rules want something first: that day no dose is given
        held = models.Visit.objects.filter(course_id=course_id).latest("scheduled_at")
        why = "; ".join(each.sentence for each in shut.result.blocked_by)
        actions.withhold(by=by, at=at, visit_id=held.id, why=why[:400])
        return held.course_id
    if product is Product.KETAMINE_IV:
        scenes.infuse(by, at, visit_id, InfusionStep.STARTED, rate_ml_per_h=scenes.INFUSION.rate_ml_per_h)
        over = at + timedelta(minutes=40)
        given = scenes.INFUSION.volume_ml
        scenes.infuse(by, over, visit_id, InfusionStep.ENDED, volume_given_ml=given)
    else:
        scenes.device(by, at, visit_id, 1)
        scenes.device(by, at + timedelta(minutes=5), visit_id, 2)
    for minute in (10, 25, 41, 55, 65, 95, 130, 165):
        scenes.observe(by, at + timedelta(minutes=minute), visit_id)
    leaves = at + timedelta(minutes=168)
    actions.leave_against_advice(
        by=by, at=leaves, visit_id=visit_id, left_at=leaves, advice="Asked to stay.", with_whom="Jo Field"
    )
    for deviation in models.Deviation.objects.filter(visit_id=visit_id, answer__isnull=True):
        actions.explain_deviation(
            by=by, at=leaves, visit_id=visit_id, deviation_id=deviation.id, why="The room was busy."
        )
    closes = leaves + timedelta(minutes=5)
    actions.close(
        by=by,
        at=closes,
        visit_id=visit_id,
        adverse_events="None.",
        discrepancy="Counted by hand.",
        reauth=patients.proof(by, closes),
    )
    return models.Visit.objects.get(pk=visit_id).course_id


def live(by: Any, now: datetime, chair_id: int, *, infused: bool = False) -> UUID:
    """A patient who sits in a chair now, twenty minutes after the dose."""
    from tests.clinic.visits import scenes

    from euthymia.clinic.visits.models.dose import InfusionStep
    from euthymia.protocol import Product

    t0 = now - timedelta(minutes=20)
    if not infused:
        return scenes.monitored(by, t0, chair_id=chair_id)
    visit_id = scenes.ordered(by, t0, Product.KETAMINE_IV, chair_id=chair_id)
    scenes.infuse(by, t0, visit_id, InfusionStep.STARTED, rate_ml_per_h=scenes.INFUSION.rate_ml_per_h)
    return visit_id


# --- the whole --------------------------------------------------------------------------------------------------
def fill(owner_dsn: str, clinic: Any, by: Any, now: datetime, volume: Volume, tell: Tell) -> UUID:
    """Make the volume in ``clinic``; returns the patient with the many visits."""
    from euthymia.clinic.courses.models import Course
    from euthymia.clinic.people.models import Patient
    from euthymia.clinic.visits.models import Chair, Observation
    from euthymia.protocol import Product

    begins = (now - timedelta(days=60)).replace(hour=13, minute=0, second=0, microsecond=0)
    products = (Product.ESKETAMINE_NASAL, Product.KETAMINE_IV, Product.ESKETAMINE_NASAL, Product.KETAMINE_IV)
    models_: list[UUID] = []
    for number, product in enumerate(products):
        (chair,) = chairs(clinic, [f"Model {number}"])
        course_id = None
        for day in DAYS:
            course_id = treat(by, begins + timedelta(days=day), course_id, product, chair)
        assert course_id is not None
        Chair.objects.filter(pk=chair).update(is_active=False)
        models_.append(Course.objects.get(pk=course_id).patient_id)
        tell(f"model patient {number + 1} of {len(products)} lived")
    with psycopg.connect(owner_dsn) as owner:
        many = _many_visits(owner, clinic, models_[0], volume.visits_of_one, tell)
        each = Observation.objects.filter(visit__course__patient__in=models_).count()
        _history(owner, clinic, models_, volume, each, tell)
        _plain(owner, clinic, by, volume.patients - Patient.objects.filter(clinic=clinic).count(), now, tell)
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
    return many


def _history(
    owner: psycopg.Connection, clinic: Any, models_: list[UUID], volume: Volume, each: int, tell: Tell
) -> None:
    """Copies of the treated patients, in chairs of their own, back through the years."""
    from euthymia.clinic.people.models import Patient
    from euthymia.clinic.visits.models import Observation, Visit

    have = Observation.objects.count()
    turns = max(0, -(-(volume.observations - have) // max(1, each)))
    begun, rows = time.monotonic(), 0
    for patient_id in models_:
        own = chairs(
            clinic, [f"Old {str(patient_id)[:4]} {number}" for number in range(CHAIRS)], active=False
        )
        shift = f"make_interval(days => -{TURN_DAYS} * (1 + n / {2 * CHAIRS}), hours => 5 * ((n / {CHAIRS}) %% 2))"
        copies = Copies(
            roots={Patient: [patient_id]},
            shift=shift,
            columns=named("H") | {("visits_visit", "chair_id"): one_of(own, f"n %% {CHAIRS}")},
        )
        for start in range(0, turns, _BATCH):
            rows += copies.make(owner, range(start, min(turns, start + _BATCH)))
            audited(owner, clinic, copies.found[Visit], range(start, min(turns, start + _BATCH)))
            owner.commit()
        tell(f"{rows} rows of history, {rows / (time.monotonic() - begun):.0f} a second")


def _many_visits(owner: psycopg.Connection, clinic: Any, patient_id: UUID, wanted: int, tell: Tell) -> UUID:
    """One patient more, with the given number of visits: all of one course, one every other day."""
    from euthymia.clinic.courses.models import Course, TreatedSession
    from euthymia.clinic.people.models import Patient
    from euthymia.clinic.visits.models import Visit

    (chair,) = chairs(clinic, ["The regular's chair"], active=False)
    columns = named("M") | {("visits_visit", "chair_id"): str(chair)}
    first = Copies(roots={Patient: [patient_id]}, columns=columns, shift="interval '5 hours'")
    first.make(owner, range(900_000, 900_001))
    owner.commit()
    course = Course.objects.get(patient__medical_record_number__startswith="M900000-")
    visit = Visit.objects.filter(course=course).order_by("scheduled_at").first()
    assert visit is not None
    session = TreatedSession.objects.filter(visit=visit.id).values_list("pk", flat=True)
    copies = Copies(
        roots={Visit: [visit.id], TreatedSession: session},
        shift="make_interval(days => -2 * n)",
        columns={
            ("visits_visit", "chair_id"): str(chair),
            ("visits_visit", "session_number"): f"{len(DAYS)} + n",
            ("courses_treatedsession", "number"): f"{len(DAYS)} + n",
        },
        kept=frozenset({"courses_course", "people_patient"}),
    )
    for start in range(1, wanted - len(DAYS) + 1, _BATCH * 4):
        stop = min(wanted - len(DAYS) + 1, start + _BATCH * 4)
        copies.make(owner, range(start, stop))
        audited(owner, clinic, [visit.id], range(start, stop))
        owner.commit()
    tell(f"one patient with {Visit.objects.filter(course=course).count()} visits")
    return course.patient_id


def audited(owner: psycopg.Connection, clinic: Any, visits: Iterable[UUID], numbers: range) -> None:
    """What the chain tells of the copied visits, in the same transaction: an entry for each."""
    owner.execute(
        "INSERT INTO audit_auditentry (at, clinic_id, actor_name, actor_roles, verb, patient_id, subject, detail)"
        " SELECT v.scheduled_at, %s, 'Volume', '', 'config.copy_visit', c.patient_id, 'visit ' || v.id, '{}'"
        " FROM visits_visit v JOIN courses_course c ON c.id = v.course_id WHERE v.id IN (SELECT"
        " md5(o::text || ':' || n)::uuid FROM unnest(%s::uuid[]) o, generate_series(%s::int, %s::int) n)",
        [clinic.pk, list(visits), numbers.start, numbers.stop - 1],
    )


def _plain(owner: psycopg.Connection, clinic: Any, by: Any, number: int, now: datetime, tell: Tell) -> None:
    """Patients who were registered and never treated here, by COPY."""
    columns = (
        "id, created_at, clinic_id, medical_record_number, given_name, family_name, called, birth_date, sex, ancestry,"
        " phone, email, address, emergency_contact_name, emergency_contact_phone, emergency_contact_relation,"
        " allergies, restricted, revision"
    )
    chain = "at, clinic_id, actor_id, actor_name, actor_roles, verb, patient_id, subject, detail"
    for start in range(0, number, 5000):
        ids = [(uuid4(), start + each) for each in range(min(5000, number - start))]
        with owner.cursor() as cursor:
            with cursor.copy(f"COPY people_patient ({columns}) FROM STDIN") as copy:
                for patient_id, each in ids:
                    copy.write_row(_patient(patient_id, clinic.pk, each, now))
            with cursor.copy(f"COPY audit_auditentry ({chain}) FROM STDIN") as copy:
                for patient_id, _ in ids:
                    said = ("people.register", patient_id, f"patient {patient_id}", "{}")
                    copy.write_row((now, clinic.pk, by.user_id, by.name, "nurse", *said))
        owner.commit()
    tell(f"{max(0, number)} patients more")


def _patient(patient_id: UUID, clinic_id: UUID, number: int, now: datetime) -> tuple[Any, ...]:
    given, family = GIVEN[number % len(GIVEN)], f"{FAMILY[number % len(FAMILY)]}{number // len(FAMILY)}"
    born = (now - timedelta(days=7000 + number % 20_000)).date()
    empty = itertools.repeat("", 2)
    return (
        patient_id, now, clinic_id, f"P{number:06d}", given, family, "", born, ("female", "male")[number % 2], "",
        f"+1 555 {number:07d}", *empty, "Jo Field", "+1 555 0100", "friend", "none known", False, 1,
    )  # fmt: skip
