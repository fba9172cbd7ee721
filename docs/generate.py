"""Writes the pages of ``docs/reference`` from the tables and the data: ``python docs/generate.py``.

``rules-us.md`` and its like come from the rule books and the worked examples of the tests, ``rules.md`` compares
the books, ``cases.md`` shows the twelve cases of the tests, ``course-states.md`` and ``visit-states.md`` come from
the tables of states, and ``hours-against-weeks.md`` from what the mood model was asked and what trials found. The
generated parts and the figures of ``docs/model-cards`` are made with them. A test fails when a page and its source
differ. ``python docs/generate.py --counts`` prints how many rules each book has.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # the worked examples live with the tests

from docs import hours_against_weeks, model_cards  # noqa: E402
from docs.cases import case_pages  # noqa: E402
from docs.treatments import treatment_list  # noqa: E402
from tests.protocol.examples import EXAMPLES  # noqa: E402
from tests.protocol.examples._example import Example  # noqa: E402

from euthymia.evidence import (  # noqa: E402
    Jurisdiction,
    Rule,
    RuleBook,
    Sourced,
    rule_index,
    rules,
    sources,
    units,
)
from euthymia.protocol import COURSE, VISIT, Machine, Transition  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"
BOOKS = {place: rules(place) for place in Jurisdiction}


def pages() -> dict[str, str]:
    """Return the text of every generated page by its file name."""
    return {
        "rules.md": overview(BOOKS),
        **{f"rules-{place.lower()}.md": rule_manual(book, EXAMPLES) for place, book in BOOKS.items()},
        "course-states.md": states(COURSE),
        "visit-states.md": states(VISIT),
        "treatments.md": treatment_list(),
        "cases.md": case_pages(),
        "hours-against-weeks.md": hours_against_weeks.page(),
    }


# --- the rules ----------------------------------------------------------------------------------------------


def overview(books: dict[Jurisdiction, RuleBook]) -> str:
    """Return the page that compares the books: how many rules, which, and what is in none with the reason."""
    lines = [_OVERVIEW, *_counts(books), "", "## Which rule is where", ""]
    lines += [f"| rule | | {' | '.join(books)} |", f"|---|---|{'---|' * len(books)}"]
    known = {rule.id: rule for book in reversed(books.values()) for rule in book.values()}
    for name in (entry for entry in rule_index() if entry in known):
        marks = " | ".join(_mark(book, name) for book in books.values())
        lines.append(f"| {name} | {known[name].title} | {marks} |")
    lines += ["", "## Read and in no book", "", "| identifier | why |", "|---|---|"]
    lines += [f"| {entry.id} | {entry.where} |" for entry in rule_index().values() if not entry.implemented]
    lines += ["", "## Read and part of something else", "", "| identifier | where |", "|---|---|"]
    lines += [
        f"| {entry.id} | {entry.where} |"
        for entry in rule_index().values()
        if entry.implemented and entry.id not in known
    ]
    return "\n".join([*lines, ""])


_OVERVIEW = """\
# The rules of five jurisdictions

Generated from `src/euthymia/evidence/protocols`. Each book has a page with every rule, its thresholds, how each is
known, and its worked examples: [United States](rules-us.md), [European Union](rules-eu.md),
[United Kingdom](rules-uk.md), [Australia](rules-au.md), [Canada](rules-ca.md).

How they act together in twelve people, two of them refused: [cases](cases.md).

A clinic's jurisdiction picks the book. Its medical director may make a threshold stricter; what rests on a label,
a law or a safety programme nobody can make looser.

## How many
"""


def counts(books: dict[Jurisdiction, RuleBook]) -> list[tuple[str, ...]]:
    """Return a row of figures for each book: rules, effects, how the requirement is known, thresholds."""
    rows = []
    for place, book in books.items():
        effects = Counter(rule.effect.value for rule in book.values())
        known = Counter(_known(rule) for rule in book.values())
        thresholds = sum(len(rule.thresholds) for rule in book.values())
        figures = [effects[name] for name in _EFFECTS] + [known[name] for name in _KNOWN]
        rows.append((place.country, *map(str, (len(book), *figures, thresholds))))
    return rows


_EFFECTS = ("gate", "alarm", "task", "capture", "notice")
_KNOWN = ("read", "secondary", "recalled", "ours")
_HEADINGS = ("book", "rules", *_EFFECTS, *_KNOWN, "thresholds")


def _known(rule: Rule) -> str:
    return "ours" if rule.carried_over else rule.requirement.known.value


def _counts(books: dict[Jurisdiction, RuleBook]) -> list[str]:
    rows = [f"| {' | '.join(row)} |" for row in counts(books)]
    return ["", f"| {' | '.join(_HEADINGS)} |", f"|{'---|' * len(_HEADINGS)}", *rows]


def _mark(book: RuleBook, rule: str) -> str:
    if rule not in book:
        return ""
    return "carried over" if book[rule].carried_over else "yes"


def rule_manual(book: RuleBook, examples: Iterable[Example]) -> str:
    """Return the manual of a rule book: each rule with its parts, then its worked examples."""
    by_rule: dict[str, list[Example]] = {rule: [] for rule in book}
    for example in examples:
        if example.holds_in(book):
            by_rule[example.rule].append(example)
    country = Jurisdiction(book.jurisdiction).country
    parts = [_INTRODUCTION.format(jurisdiction=country, version=book.version, count=len(book))]
    parts += [_rule(rule, by_rule[rule.id], book) for rule in book.values()]
    return "\n".join([*parts, _sources(book)])


_INTRODUCTION = """\
# The rules: {jurisdiction}, version {version}

{count} rules, generated from `src/euthymia/evidence/protocols` and from the worked examples that test them.

**Every rule here is unverified.** It acts with its full force, and carries the mark until a clinic's
medical director has signed it against the current label.

How a value is known: *read* in the issuing source; *secondary*, read in a copy or an account of it;
*recalled*, not verified; *ours*, a default this project chose. A finding is satisfied, violated or unknown,
and unknown never passes. A *gate* stops an order or a prompt, never the record of what happened; an *alarm*
calls a person; a *task* is owed by a time; a *notice* is shown. In the examples it is 3 March 2026, 10:00,
unless a sentence says otherwise.
"""


def _rule(rule: Rule, examples: list[Example], book: RuleBook) -> str:
    known = f"{rule.requirement.known.value}, {rule.requirement.source}"
    lines = [f"## {rule.id} {rule.title}", "", f"{rule.wording}. ({known})", ""]
    if rule.requirement.note:
        lines += [f"{rule.requirement.note}.", ""]
    if rule.carried_over:
        lines += [
            "Carried over from another jurisdiction's text, as this one's has not been read: ours here.",
            "",
        ]
    lines += [f"- For: {', '.join(_product(rule, product) for product in sorted(rule.products))}"]
    passed = (
        "nobody" if rule.override.value == "nobody" else f"a {rule.override.value}, with a reason, signed"
    )
    lines += [f"- Effect: {rule.effect.value}; may be passed by {passed}"]
    lines += [
        f"- Label: {rule.label_version}; in effect from {rule.effective_from.isoformat()}; unverified",
        "",
    ]
    if rule.thresholds:
        lines += ["| threshold | value | how it is known |", "|---|---|---|"]
        lines += [_threshold(name, limit) for name, limit in rule.thresholds.items()]
        lines += [_threshold(f"or {name}", limit) for name, limit in rule.alternatives.items()]
        lines += [""]
    if examples:
        lines += ["| example | outcome | what the finding says |", "|---|---|---|"]
        lines += [_example(example, book) for example in examples]
        lines += [""]
    return "\n".join(lines)


def _product(rule: Rule, product: str) -> str:
    return f"{product} (by analogy, ours)" if product in rule.by_analogy else product


def _threshold(name: str, limit: Sourced[object]) -> str:
    value = ", ".join(map(str, limit.value)) if isinstance(limit.value, tuple) else str(limit.value)
    unit = "" if limit.unit == "text" else f" {units()[limit.unit].printed}".rstrip()
    note = f"; {limit.note}" if limit.note else ""
    return f"| {name.replace('_', ' ')} | {value}{unit} | {limit.known.value}, {limit.source}{note} |"


def _example(example: Example, book: RuleBook) -> str:
    found = example.finding(book)
    outcome = found.outcome.value + (f", {found.tier.value}" if found.tier else "")
    outcome += ", deviation" if found.deviation else ""
    return f"| {example.title} | {outcome} | {found.sentence} |"


def _sources(book: RuleBook) -> str:
    named = {part.source for rule in book.values() for part in (rule.requirement, *rule.thresholds.values())}
    lines = ["## Sources", ""]
    lines += [f"- `{key}`: {sources()[key].title}. {sources()[key].where}" for key in sorted(named)]
    return "\n".join(lines) + "\n"


# --- the states ---------------------------------------------------------------------------------------------


def states(machine: Machine) -> str:
    """Return the page of a table of states: a diagram of the way through, the ways out, and all of it."""
    protective = ", ".join(_words(event) for event in sorted(machine.protective))
    ways_out = _ways_out(machine)
    through = [change for change in machine.transitions if change not in ways_out]
    return "\n".join(
        [
            f"# The states of a {machine.name}",
            "",
            f"Generated from `euthymia.protocol.{machine.name.upper()}`. A gate may refuse an order or a",
            "prompt. What has no gate records what happened and is never refused.",
            "",
            "## The way through",
            "",
            _diagram(through, machine),
            "",
            "## The ways out",
            "",
            f"From every state with somebody in our care: {protective}.",
            "",
            "| from | event | to |",
            "|---|---|---|",
            *_grouped(ways_out),
            "",
            "## Every transition",
            "",
            "| from | event | to | gate | who | what is recorded |",
            "|---|---|---|---|---|---|",
            *(_row(change) for change in machine.transitions),
            "",
        ]
    )


def _ways_out(machine: Machine) -> list[Transition]:
    return [change for change in machine.transitions if change.event in machine.protective]


def _diagram(changes: list[Transition], machine: Machine) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {machine.initial}"]
    for change in changes:
        lock = " (gate)" if change.gate else ""
        lines.append(f"    {change.source} --> {change.target}: {_words(change.event)}{lock}")
    shown = {state for change in changes for state in (change.source, change.target)}
    lines += [f"    {state} --> [*]" for state in machine.states if state in machine.terminal & shown]
    return "\n".join([*lines, "```"])


def _grouped(changes: list[Transition]) -> list[str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        groups.setdefault((change.event, change.target), []).append(_words(change.source))
    return [
        f"| {', '.join(found)} | {_words(event)} | {_words(to)} |" for (event, to), found in groups.items()
    ]


def _row(change: Transition) -> str:
    who = ", ".join(_words(role) for role in change.roles)
    cells = (change.source, change.event, change.target, change.gate or "")
    return f"| {' | '.join(_words(cell) for cell in cells)} | {who} | {', '.join(change.captures)} |"


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    if "--counts" in sys.argv:
        for row in (_HEADINGS, *counts(BOOKS)):
            sys.stdout.write(
                "".join(cell.ljust(16 if not at else 11) for at, cell in enumerate(row)).rstrip() + "\n"
            )
        sys.exit()
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, "utf-8")
    model_cards.main()
