"""Worked examples of the rules about the moment a dose is given, and of what becomes of the drug."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import IV, NASAL, NOW, NURSE, T0, datum

from euthymia.protocol import DirectDose, PlanFacts, bedside, drug_account, expiry, plan, pump, route
from euthymia.protocol.bedside import BedsideFacts, Person
from euthymia.protocol.drug_account import DrugAccountFacts, Moved, Movement
from euthymia.protocol.expiry import Used
from euthymia.protocol.pump import PumpFacts, PumpStep, Step
from euthymia.protocol.route import GivenBy, Route

SIGNER, GIVER, SECOND = Person("1", "V. Prescriber"), Person("2", "K. Nurse"), Person("3", "O. Nurse")


def after(minutes):
    """An instant that many minutes after the infusion started."""
    return T0 + timedelta(minutes=minutes)


def _checked(title, outcome, boundary="", *, by=SECOND, before=5, started=True, starter=GIVER):
    facts = BedsideFacts(
        NASAL,
        SIGNER,
        None if before is None else datum(by, T0 - timedelta(minutes=before)),
        datum(starter, T0) if started else None,
    )
    now = NOW if started else T0
    return Example(
        "CHK-1", title, outcome, lambda book: bedside.assess(facts, book, now), boundary,
        deviation=started and outcome is V,
    )  # fmt: skip


_CHECKED = (
    _checked("confirmed 5 minutes before the start", S),
    _checked("exactly 15 minutes before the start", S, "before_max", before=15),
    _checked("16 minutes before the start", V, "before_max", before=16),
    _checked("confirmed 16 minutes ago and not started", V, "before_max", before=16, started=False),
    _checked("not confirmed and not started", U, before=None, started=False),
    _checked("started and not confirmed", V, before=None),
    _checked("confirmed 2 minutes after the start", V, before=-2),
    _checked("confirmed by who signed the order", V, by=SIGNER),
    _checked("confirmed by who starts the dose", V, by=GIVER),
)


def pumped(*steps, **changes):
    """What a pump was made to do: minute, step, rate, volume; ordered 1 mg/mL at 52.5 mL/h."""
    made = {"ordered_rate_ml_per_h": Decimal("52.5"), "ordered_mg_per_ml": Decimal(1)}
    return PumpFacts(
        IV,
        tuple(
            PumpStep(step, after(minute), rate and Decimal(rate), volume and Decimal(volume), NURSE)
            for minute, step, rate, volume in steps
        ),
        **(made | {"concentration_mg_per_ml": Decimal(1)} | changes),
    )


def _pumped(rule, title, outcome, *steps, boundary="", **changes):
    facts = pumped(*steps, **changes)
    return Example(
        rule, title, outcome, lambda book: pump.assess(facts, book, NOW), boundary, deviation=outcome is V
    )


_START, _END = (0, Step.STARTED, "52.5", None), (40, Step.ENDED, None, "35")
_PUMPED = (
    _pumped("ADM-2", "52.5 mL/h and 1 mg/mL, as ordered", S, _START),
    _pumped("ADM-2", "ten times the rate", V, (0, Step.STARTED, "525", None)),
    _pumped("ADM-2", "another concentration", V, _START, concentration_mg_per_ml=Decimal(10)),
    _pumped("ADM-2", "no order", U, _START, ordered_rate_ml_per_h=None, ordered_mg_per_ml=None),
    _pumped("ADM-2", "the rate was not recorded", U, (0, Step.STARTED, None, None)),
    _pumped("ADM-3", "52.5 mL/h for 40 minutes, 35 mL", S, _START, _END),
    _pumped("ADM-3", "exactly 5 % more", S, _START, (60, Step.ENDED, None, "55.12"), boundary="difference_max"),
    _pumped("ADM-3", "5.1 % more", V, _START, (60, Step.ENDED, None, "55.18"), boundary="difference_max"),
    _pumped("ADM-3", "what runs in 2 minutes more", S, _START, (20, Step.STOPPED, None, "19.25"), boundary="slack_max"),
    _pumped("ADM-3", "what runs in 2 minutes and a little more", V, _START, (20, Step.STOPPED, None, "19.26"),
            boundary="slack_max"),
    _pumped("ADM-3", "10 minutes of pause count nothing", S, _START, (10, Step.PAUSED, None, None),
            (20, Step.RESUMED, None, None), (50, Step.ENDED, None, "35")),
    _pumped("ADM-3", "halved after 20 minutes", S, _START, (20, Step.RATE_CHANGED, "26.25", None),
            (60, Step.ENDED, None, "35")),
    _pumped("ADM-3", "the pause was forgotten", V, _START, (50, Step.ENDED, None, "35")),
    _pumped("ADM-3", "no volume yet", U, _START),
)  # fmt: skip


def _used(title, outcome, *used):
    return Example(
        "DEV-8", title, outcome, lambda book: expiry.assess(NASAL, used, book, NOW), deviation=outcome is V
    )


_TODAY = NOW.date()
_EXPIRY = (
    _used("on its last day", S, Used("device 1", _TODAY, _TODAY, "L1")),
    _used("a day past it", V, Used("device 1", _TODAY, _TODAY - timedelta(days=1), "L1")),
    _used("the expiry was not recorded", U, Used("device 1", _TODAY, None)),
)


def _by(product, chosen, outcome, title, *where):
    return Example(
        "ROUTE-1", title, outcome, lambda book: route.assess(product, chosen, book), jurisdictions=where
    )


_ELSEWHERE = ("EU", "UK", "AU", "CA")
_ROUTES = (
    _by(NASAL, Route.NASAL, S, "esketamine into the nose"),
    _by(IV, Route.INTRAVENOUS, S, "ketamine into the vein"),
    _by(IV, Route.INTRAMUSCULAR, S, "ketamine into the muscle, left open", "US"),
    _by(IV, Route.SUBLINGUAL, S, "ketamine under the tongue, left open", "US"),
    _by(IV, Route.ORAL, S, "ketamine swallowed, left open", "US"),
    _by(IV, Route.INTRAMUSCULAR, V, "ketamine into the muscle, nothing read that permits it", *_ELSEWHERE),
    _by(IV, Route.SUBLINGUAL, V, "ketamine under the tongue, nothing read that permits it", *_ELSEWHERE),
    _by(IV, Route.ORAL, V, "ketamine swallowed, nothing read that permits it", *_ELSEWHERE),
    _by(NASAL, Route.INTRAVENOUS, V, "esketamine spray into the vein"),
    _by(NASAL, Route.INTRAMUSCULAR, V, "esketamine spray into the muscle"),
    _by(IV, None, U, "no route chosen"),
)


def _agreed(title, outcome, agreed):
    return Example(
        "ROUTE-2",
        title,
        outcome,
        lambda book: route.agreement(IV, Route.INTRAMUSCULAR, agreed and datum(agreed), book, NOW),
    )


_AGREED = (
    _agreed("agreed today to the muscle", S, Route.INTRAMUSCULAR),
    _agreed("agreed to a lozenge", V, Route.SUBLINGUAL),
    _agreed("not asked", U, None),
)


def _went(title, outcome, ordered, *given):
    facts = GivenBy(IV, tuple(datum(each, T0) for each in given), ordered)
    return Example(
        "ROUTE-3",
        title,
        outcome,
        lambda book: route.as_ordered(facts, book, NOW),
        deviation=outcome is V,
    )


_WENT = (
    _went("into the muscle, as ordered", S, Route.INTRAMUSCULAR, Route.INTRAMUSCULAR),
    _went("into the muscle, ordered into the vein", V, Route.INTRAVENOUS, Route.INTRAMUSCULAR),
    _went("into the vein, ordered into the muscle", V, Route.INTRAMUSCULAR, Route.INTRAVENOUS),
    _went("under the tongue, without an order", U, None, Route.SUBLINGUAL),
)


def injected(**changes):
    """A dose into the muscle: 0.5 mg/kg for 70 kg, out of a vial of 50 mg/mL."""
    good = DirectDose(
        Route.INTRAMUSCULAR, datum(Decimal("70.0")), Decimal("0.5"), Decimal(50), Decimal("0.70")
    )
    return replace(good, **changes)


def lozenges(**changes):
    """Two lozenges of 50 mg."""
    good = DirectDose(Route.SUBLINGUAL, datum(Decimal("70.0")), units=2, mg_per_unit=Decimal(50))
    return replace(good, **changes)


def _directly(rule, title, outcome, dose, mg, boundary=""):
    facts = PlanFacts(IV, 1, NOW.date(), mg and Decimal(mg), direct=dose)
    return Example(rule, title, outcome, lambda book: plan.assess(facts, book, NOW), boundary)


_DIRECT = (
    _directly("ROUTE-4", "exactly 1 mg/kg", S, injected(mg_per_kg=Decimal(1)), "70", "mg_per_kg_max"),
    _directly("ROUTE-4", "1.001 mg/kg", V, injected(mg_per_kg=Decimal("1.001")), "70", "mg_per_kg_max"),
    _directly("ROUTE-4", "no dose for weight", U, injected(mg_per_kg=None), "35"),
    _directly("ROUTE-5", "0.5 mg/kg for 70 kg are 35 mg", S, injected(), "35", "rounding_max"),
    _directly("ROUTE-5", "rounded by exactly 1 mg", S, injected(), "36", "rounding_max"),
    _directly("ROUTE-5", "rounded by 1.01 mg", V, injected(), "36.01", "rounding_max"),
    _directly("ROUTE-5", "ten times the dose", V, injected(), "350"),
    _directly("ROUTE-5", "two lozenges of 50 mg", S, lozenges(), "100"),
    _directly("ROUTE-5", "the weight is not known", U, lozenges(weight_kg=None), "100"),
    _directly("ROUTE-5", "weighed exactly 30 days ago", S,
              injected(weight_kg=datum(Decimal("70.0"), NOW - timedelta(days=30))), "35", "weight_age_max"),
    _directly("ROUTE-5", "weighed 31 days ago", V,
              injected(weight_kg=datum(Decimal("70.0"), NOW - timedelta(days=31))), "35", "weight_age_max"),
    _directly("ROUTE-6", "35 mg of 50 mg/mL are 0.70 mL", S, injected(), "35"),
    _directly("ROUTE-6", "7 mL instead of 0.7", V, injected(volume_ml=Decimal(7)), "35"),
    _directly("ROUTE-6", "the vial's concentration is not entered", U,
              injected(concentration_mg_per_ml=None), "35"),
    _directly("ROUTE-6", "two lozenges of 50 mg are 100 mg", S, lozenges(), "100"),
    _directly("ROUTE-6", "two lozenges of 100 mg", V, lozenges(mg_per_unit=Decimal(100)), "100"),
    _directly("ROUTE-6", "how many is not entered", U, lozenges(units=None), "100"),
)  # fmt: skip


def moved(kind, amount, lot="L1"):
    """One movement."""
    return Moved(kind, Decimal(amount), lot, T0, NURSE)


def _account(title, outcome, *movements, product=NASAL, **changes):
    facts = DrugAccountFacts(product, movements, **changes)
    return Example("DRUG-1", title, outcome, lambda book: drug_account.assess(facts, book, NOW))


_DRAWN, _GIVEN, _WASTED, _RETURNED = Movement
_ACCOUNTS = (
    _account("two devices drawn and given", S, moved(_DRAWN, 2), moved(_GIVEN, 2)),
    _account("three drawn, one returned", S, moved(_DRAWN, 3), moved(_GIVEN, 2), moved(_RETURNED, 1)),
    _account("three drawn, two given", V, moved(_DRAWN, 3), moved(_GIVEN, 2)),
    _account("one more given than drawn", V, moved(_DRAWN, 1), moved(_GIVEN, 2)),
    _account("right in all, wrong by lot", V, moved(_DRAWN, 2), moved(_GIVEN, 1), moved(_GIVEN, 1, "L2")),
    _account("given and nothing drawn", U, moved(_GIVEN, 2)),
    _account("nothing drawn, nothing given", S),
    _account("50 mg drawn, 38 given, 12 wasted", S, moved(_DRAWN, 50), moved(_GIVEN, 38), moved(_WASTED, 12),
             product=IV),
    _account("a hundredth of a milligram missing", V, moved(_DRAWN, 50), moved(_GIVEN, 38), moved(_WASTED, "11.99"),
             product=IV),
    _account("what went in is not known", U, moved(_DRAWN, 50), product=IV, given_known=False),
)  # fmt: skip

EXAMPLES = (*_CHECKED, *_PUMPED, *_EXPIRY, *_ROUTES, *_AGREED, *_WENT, *_DIRECT, *_ACCOUNTS)
