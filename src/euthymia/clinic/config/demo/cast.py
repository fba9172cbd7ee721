"""Who appears in the demo clinic: staff and patients, all invented, with names no one could take for real."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from euthymia.clinic.access.permissions import Role
from euthymia.clinic.config.demo.curves import Body, draw_body
from euthymia.evidence import Table, read_sourced

DOMAIN = "demo.invalid"
MAIN_CLINIC = "Halcyon Demo Clinic"
SMALL_CLINIC = "Second Demo Clinic"

GIVEN_NAMES = {
    "female": (
        "Iris",
        "Fern",
        "Hazel",
        "Olive",
        "Ivy",
        "Clover",
        "Senna",
        "Marigold",
        "Linnea",
        "Tansy",
        "Yarrow",
    ),
    "male": (
        "Rowan",
        "Basil",
        "Alder",
        "Reed",
        "Cedar",
        "Sorrel",
        "Linden",
        "Aspen",
        "Jasper",
        "Flint",
        "Heath",
    ),
}
ESCORTS = ("Wren", "Robin", "Lark", "Martin", "Jay")
STEMS = ("Sample", "Mock", "Example", "Placeholder", "Demo", "Test")
ENDINGS = ("wood", "ridge", "by", "field", "ford", "ley", "worth", "ham", "stead", "well")


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One invented member of staff."""

    key: str
    name: str
    roles: tuple[Role, ...]
    clinic: str = MAIN_CLINIC

    @property
    def email(self) -> str:
        """The sign-in name; the domain can never exist."""
        return f"{self.key}@{DOMAIN}"


STAFF = (
    StaffMember("vera", "Dr Vera Fiction", (Role.PRESCRIBER,)),
    StaffMember("otto", "Dr Otto Invention", (Role.PRESCRIBER,)),
    StaffMember("nell", "Nell Notional", (Role.NURSE,)),
    StaffMember("sam", "Sam Supposed", (Role.NURSE,)),
    StaffMember("thea", "Thea Imagined", (Role.THERAPIST,)),
    StaffMember("finn", "Finn Pretend", (Role.FRONT_DESK,)),
    StaffMember("mira", "Dr Mira Hypothesis", (Role.MEDICAL_DIRECTOR,)),
    StaffMember("ada", "Ada Assumed", (Role.ADMINISTRATOR,)),
    StaffMember("vik", "Dr Vik Elsewhere", (Role.PRESCRIBER, Role.MEDICAL_DIRECTOR), SMALL_CLINIC),
    StaffMember("nora", "Nora Elsewhere", (Role.NURSE,), SMALL_CLINIC),
)


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic patient, as a registration form would take it."""

    number: int
    given_name: str
    family_name: str
    sex: str
    birth_date: date
    weight_kg: Decimal
    height_cm: Decimal
    phone: str
    escort_name: str
    escort_phone: str
    body: Body

    @property
    def medical_record_number(self) -> str:
        """The number on the chart."""
        return f"DEMO-{self.number:04d}"


def draw_person(seed: str, number: int, born_before: date) -> Person:
    """Draw patient ``number``; the same seed, number and reference date draw the same person.

    ``born_before`` is the date the ages are counted from.
    """
    rng = Random(f"{seed}/person/{number}")
    people = read_sourced("demo/synthetic.toml").table("people")
    sex = "female" if rng.random() < 0.5 else "male"
    years = rng.uniform(people.number("youngest").value, people.number("oldest").value)
    weight = rng.gauss(people.number("weight_mean").value, people.number("weight_sd").value)
    weight = min(max(weight, people.number("weight_lowest").value), people.number("weight_highest").value)
    names = GIVEN_NAMES[sex]
    return Person(
        number=number,
        given_name=names[rng.randrange(len(names))],
        family_name=STEMS[number % len(STEMS)] + ENDINGS[number // len(STEMS) % len(ENDINGS)],
        sex=sex,
        birth_date=born_before - timedelta(days=round(years * 365.25)),
        weight_kg=Decimal(str(round(weight, 1))),
        height_cm=_height(seed, number, people),
        phone=_invented_phone(rng),
        escort_name=f"{rng.choice(ESCORTS)} {rng.choice(STEMS)}{rng.choice(ENDINGS)}",
        escort_phone=_invented_phone(rng),
        body=draw_body(rng),
    )


def _height(seed: str, number: int, people: Table) -> Decimal:
    """Drawn apart from the rest, so that everything else about a person stays as it was."""
    height = Random(f"{seed}/height/{number}").gauss(
        people.number("height_mean").value, people.number("height_sd").value
    )
    return Decimal(str(round(height, 1)))


def _invented_phone(rng: Random) -> str:
    """A number from the block that is kept free for fiction."""
    return f"555-01{rng.randrange(100):02d}"
