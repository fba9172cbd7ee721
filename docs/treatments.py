"""The list of antidepressants as a page of the reference, written from the data."""

from __future__ import annotations

from collections import Counter
from typing import Any

from euthymia.evidence import Family, Sourced, Treatment, least_course, sources, treatments, units

_FAMILIES = {
    Family.SSRI: "SSRI",
    Family.SNRI: "SNRI",
    Family.ATYPICAL: "Other antidepressants",
    Family.TRICYCLIC: "Tricyclic and tetracyclic",
    Family.MAOI: "MAO inhibitors",
    Family.AUGMENTATION: "Added to an antidepressant",
    Family.OTHER: "Other drugs; they do not count as an antidepressant trial",
    Family.PSYCHOTHERAPY: "Psychotherapy",
    Family.ECT: "Electroconvulsive therapy",
    Family.TMS: "Other stimulation",
}

_INTRODUCTION = """\
# Earlier treatments: the list

{count} entries, generated from `src/euthymia/evidence/drugs`. {drugs} are drugs with an ATC code; {least} of
them have a least adequate dose. Every name in the table, and every trade name, finds its entry; what is typed
and not found stays as typed.

**A least adequate dose is no dose to give.** It tells whether an earlier attempt was one. Instruments and
guidelines differ: most doses are the lower end of a usual daily dose, which is our reading of the table named,
and a prescriber may judge any trial otherwise with a reason. How a value is known: *read* in the issuing
source, *secondary* in a copy or an account of it, *recalled* from memory, *ours*. Of the {values} values
{known}.

The weeks an antidepressant must have lasted are the rule's own (see the rules), and a clinic may tighten them.
"""


def treatment_list() -> str:
    """Return the page."""
    entries = list(treatments().values())
    values = [value for entry in entries for value in _values(entry)]
    known = Counter(value.known.value for value in values)
    parts = [
        _INTRODUCTION.format(
            count=len(entries),
            drugs=sum(entry.atc is not None for entry in entries),
            least=sum(entry.least_dose is not None for entry in entries),
            values=len(values),
            known=", ".join(f"{number} are {word}" for word, number in sorted(known.items())),
        )
    ]
    parts += [_family(family, words, entries) for family, words in _FAMILIES.items()]
    return "\n".join([*parts, _sources(values)])


def _values(entry: Treatment) -> list[Sourced[Any]]:
    given: tuple[Sourced[Any] | None, ...] = (entry.atc, entry.rxnorm, entry.trade_names, entry.least_dose)
    return [value for value in given if value is not None]


def _family(family: Family, words: str, entries: list[Treatment]) -> str:
    lines = [f"## {words}", ""]
    if least := least_course(family):
        unit = "sessions" if family.in_sessions else "weeks"
        lines += [f"A course counts from {least.value:g} {unit} on ({_known(least)}).", ""]
    lines += [
        "| name | code | sold as, also called | least daily dose | how the dose is known |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(entry) for entry in entries if entry.family is family]
    return "\n".join([*lines, ""])


def _row(entry: Treatment) -> str:
    least = entry.least_dose
    dose = f"{least.value:g} {units()[least.unit].printed}" if least else ""
    code = f"{entry.code}, {entry.atc.known.value}" if entry.atc else f"{entry.code}, ours"
    if entry.rxnorm:
        code += f"; RxNorm {entry.rxnorm.value}, {entry.rxnorm.known.value}"
    names = ", ".join((*entry.also, *entry.sold_as))
    return f"| {entry.name} | {code} | {names} | {dose} | {_known(least) if least else ''} |"


def _known(value: Sourced[float]) -> str:
    note = f"; {value.note}" if value.note else ""
    return f"{value.known.value}, {value.source}{note}"


def _sources(values: list[Sourced[Any]]) -> str:
    lines = ["## Sources", ""]
    lines += [
        f"- `{key}`: {sources()[key].title}. {sources()[key].where}"
        for key in sorted({value.source for value in values})
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(treatment_list())
