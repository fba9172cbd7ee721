"""The twelve cases as a page of the reference: the person, what the rules must say and why, and what changes it."""

from __future__ import annotations

from collections.abc import Iterable

from tests.protocol.cases import (
    Case,
    ExpectedFinding,
    ExpectedStage,
    Stage,
    Variant,
    Verdict,
    cases,
    variants,
)

from euthymia.protocol import Effect, Override
from euthymia.protocol.eligibility import age_in_years

_INTRODUCTION = """\
# Twelve cases

Generated from `tests/protocol/cases`. Each is a synthetic person from referral to the first dose, or to a refusal, with
what the rules must say. **What is expected was worked out by hand from the rules' sources.** The functions are held
against it (`tests/protocol/test_cases.py`); what is not listed must be satisfied, so nothing unexpected passes unseen.
The same people go through the pages, on another day, from the referral to a signed plan or the refusal on screen
(`tests/browser/test_cases.py`).
Rules and their sources: [the rules of five jurisdictions](rules.md).

No person behind them exists, and no clinician has reviewed them. Every rule is unverified until a medical director has
signed it against the current label.

| case | country | treatment | suitability | held by |
|---|---|---|---|---|
"""
_STAGES = {
    Stage.SUITABILITY: "Suitability",
    Stage.SAFEGUARDS: "Programme and misuse",
    Stage.RISK: "Suicide risk",
    Stage.CONSENT: "Consent",
    Stage.PLAN: "Dose",
    Stage.BOOKING: "The booked time",
    Stage.DAY: "The day of the first dose",
    Stage.ORDER: "The order, everything together",
    Stage.LATER: "Later",
}
_VERDICTS = {
    Verdict.OPEN: "nothing stands against it",
    Verdict.OVERRIDE: "only if a prescriber overrides, with a reason",
    Verdict.NEEDED: "something is still needed",
    Verdict.REFUSED: "refused, and nobody may override it",
}


def case_pages() -> str:
    """Return the page."""
    rows = [_row(case) for case in cases()]
    return _INTRODUCTION + "\n".join([*rows, "", *(_case(case) for case in cases())]).rstrip() + "\n"


def _row(case: Case) -> str:
    suitable = case.expected.stages[Stage.SUITABILITY]
    anchor = case.title.lower().replace(",", "").replace(" ", "-")
    what = f"{case.product.words}, {case.indication.words}"
    return (
        f"| [{case.title}](#{anchor}) | {case.jurisdiction.country} | {what} "
        f"| {_VERDICTS[suitable.verdict]} | {_held(suitable)} |"
    )


def _case(case: Case) -> str:
    parts = [f"## {case.title}", "", case.story, "", *_person(case), "", *_resistance(case)]
    for stage, expected in case.expected.stages.items():
        parts += ["", *_stage(stage, expected)]
        parts += _beside(case, stage)
    return "\n".join([*parts, "", *_otherwise(variants(case)), ""])


def _person(case: Case) -> list[str]:
    born = case.suitability.eligibility.birth_date
    age = age_in_years(born.value, case.judged_at.date()) if born else None
    listed = case.suitability.medicines
    taken = ", ".join(f"{each.name} {each.dose}" for each in listed.value) if listed else ""
    facts = {
        "Person": f"{case.name}, {age}",
        "Rules of": case.jurisdiction.country,
        "Treatment": f"{case.product.words} for {case.indication.words}",
        "Takes": taken or "nothing",
        "Judged": f"{case.judged_at:%d %B %Y, %H:%M}".lstrip("0"),
    }
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items())]


def _resistance(case: Case) -> list[str]:
    shown = case.expected.resistance
    if shown is None:
        return []
    trials = {each.drug: each for each in case.suitability.eligibility.trials}
    counts = {
        "satisfied": "counts",
        "violated": "does not count",
        "unknown": "not known whether it counts",
    }
    rows = [
        f"| {drug} | {trials[drug].dose}, {trials[drug].weeks} weeks, {trials[drug].improvement_percent} % better"
        f"{'' if trials[drug].current_episode else ', in an earlier episode'} | {counts[outcome.value]} |"
        for drug, outcome in shown.treatments
    ]
    heading = f"Earlier treatments: {shown.counted} count, {shown.needed} are needed ({shown.rule})."
    return [heading, "", "| treatment | | |", "|---|---|---|", *rows]


def _stage(stage: Stage, expected: ExpectedStage) -> list[str]:
    held = f" ({_held(expected)})" if expected.held_by else ""
    lines = [f"**{_STAGES[stage]}**: {_VERDICTS[expected.verdict]}{held}."]
    lines += [f"The prescriber signs for {rule}: “{reason}”." for rule, reason in expected.signed.items()]
    if expected.absent:
        lines.append(f"Not judged here: {', '.join(sorted(expected.absent))}.")
    if not expected.findings:
        return lines
    lines += ["", "| rule | is | effect | because |", "|---|---|---|---|"]
    return lines + [
        f"| {rule} | {wanted.outcome.value} | {_effect(wanted)} | {wanted.why} |"
        for rule, wanted in expected.findings.items()
    ]


def _effect(wanted: ExpectedFinding) -> str:
    if wanted.effect is not Effect.GATE:
        return wanted.effect.value
    return "gate, overridable" if wanted.override is Override.PRESCRIBER else "gate"


def _beside(case: Case, stage: Stage) -> list[str]:
    """What a stage gives beside its findings: tasks, doses, days, advice."""
    if stage is Stage.RISK and case.expected.tasks:
        owed = [
            f"- {each.action.value}, by {each.due:%d %B %H:%M} ({each.rule})" for each in case.expected.tasks
        ]
        return ["", *owed]
    if stage is Stage.PLAN:
        return ["", *_doses(case), *_days(case)]
    if stage is Stage.LATER and case.missed and case.expected.advice:
        return ["", f"{case.missed.title}: {case.expected.advice.value}."]
    return []


def _doses(case: Case) -> list[str]:
    dose = case.expected.dose
    if dose is None or case.plan is None:
        return []
    if dose.by_actual_mg is not None:
        both = f"{dose.by_actual_mg} mg by actual weight or {dose.by_ideal_mg} mg by ideal weight ({dose.ideal_kg} kg)"
        return [f"Two doses: {both}; {case.plan.facts.dose_mg} mg is chosen."]
    allowed = " or ".join(f"{each} mg" for each in dose.allowed_mg)
    return [f"First dose allowed: {allowed}; {case.plan.facts.dose_mg} mg is planned."]


def _days(case: Case) -> list[str]:
    planned = case.expected.schedule
    if planned is None:
        return []
    lines = [f"Induction: {', '.join(f'{day:%d %b}'.lstrip('0') for day in planned.induction)}."]
    if planned.decision_before:
        lines.append(f"The benefit is decided before session {planned.decision_before}.")
    if planned.then:
        lines.append(f"Then: {', '.join(f'{day:%d %b}'.lstrip('0') for day in planned.then)} …")
    return [" ".join(lines)]


def _otherwise(found: Iterable[Variant]) -> list[str]:
    rows = [
        f"| {variant.title} | {_STAGES[stage]} | {_VERDICTS[expected.verdict]} | {_which(expected, variant)} |"
        for variant in found
        for stage, expected in variant.case.expected.stages.items()
    ]
    return ["**One thing otherwise**", "", "| what | where | then | which |", "|---|---|---|---|", *rows]


def _which(expected: ExpectedStage, variant: Variant) -> str:
    """What holds the gate; where it is open, the findings the variant names."""
    named = {
        rule: said.outcome.value for rule, said in expected.findings.items() if said.why == variant.title
    }
    return _held(expected) or ", ".join(f"{rule} {outcome}" for rule, outcome in named.items())


def _held(expected: ExpectedStage) -> str:
    return ", ".join(sorted(expected.held_by))
