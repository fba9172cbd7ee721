"""The weight an infusion is worked out from: both doses where there are two, and the one that was chosen."""

from __future__ import annotations

from decimal import Decimal

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts, rows
from euthymia.clinic.courses.models import Course
from euthymia.clinic.measures import facts as measured
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import Datum, Product, Sex
from euthymia.protocol.weight_basis import BothDoses, WeightBasis, WeightBasisFacts, doses

RULE = "IV-DOSE-8"
BASES = {"actual": WeightBasis.ACTUAL, "ideal": WeightBasis.IDEAL}


def basis_facts(
    viewer: Viewer, course: Course, mg_per_kg: Decimal | None, basis: str
) -> WeightBasisFacts | None:
    """The body an infusion is for, with the choice; ``None`` for a spray. Without height or weight nobody knows
    whether there is anything to choose, and the rule says so."""
    if course.product != Product.KETAMINE_IV.value or mg_per_kg is None:
        return None
    height = measured.health(viewer, course.patient_id).height_cm
    weight = facts.weight(viewer, course.patient_id)
    patient = course.patient
    sex = Sex(patient.sex) if patient.sex in set(Sex) else None
    chosen = BASES.get(basis)
    return WeightBasisFacts(
        mg_per_kg=mg_per_kg,
        weight_kg=weight,
        height_cm=height,
        sex=Datum(sex, patient.created_at, "registration") if sex else None,
        # The choice is part of the plan that is judged; it is of the weight that is on record now.
        chosen=Datum(chosen, weight.at, "the prescriber, with this plan") if chosen and weight else None,
    )


def standing(viewer: Viewer, course: Course, mg_per_kg: Decimal | None) -> WeightBasisFacts | None:
    """The body as it is now, with the choice of the plan that stands."""
    plan = rows.plan(course)
    return basis_facts(viewer, course, mg_per_kg, plan.weight_basis if plan else "")


def both(viewer: Viewer, course: Course, mg_per_kg: Decimal) -> BothDoses | None:
    """Both doses where the prescriber has to choose between them."""
    found = basis_facts(viewer, course, mg_per_kg, "")
    book = rulebook.book(course.clinic_id)
    made = doses(found, book) if found else None
    if made is None or made.body_mass_index < book[RULE].number("bmi_below"):
        return None
    return made


def dosing_weight(viewer: Viewer, course: Course, mg_per_kg: Decimal | None, basis: str) -> Decimal | None:
    """The ideal weight where it was chosen and can be worked out."""
    made = both(viewer, course, mg_per_kg) if basis == "ideal" and mg_per_kg is not None else None
    return made.ideal_kg if made else None
