"""Answers about conditions: yes, none known with its basis, or not asked."""

from collections.abc import Iterable
from datetime import datetime

from euthymia.evidence import Rule
from euthymia.protocol._findings import Answer, Finding, Input, Outcome
from euthymia.protocol._judge import finding, moment, same_day, worst
from euthymia.protocol.facts import Condition, ConditionAnswer, Product


def current_answer(answers: Iterable[ConditionAnswer], condition: Condition) -> ConditionAnswer | None:
    """Return the answer that counts: a yes, else the latest none known that has a basis, else any other."""
    about = [answer for answer in answers if answer.condition is condition]
    latest_first = sorted(about, key=lambda answer: answer.at.timestamp() if answer.at else 0.0, reverse=True)
    return min(latest_first, key=_weight, default=None)


def _weight(answer: ConditionAnswer) -> int:
    if answer.answer is Answer.YES:
        return 0
    return 1 if answer.answer is Answer.NONE_KNOWN and answer.basis.strip() else 2


def absence(answer: ConditionAnswer | None) -> Outcome:
    """Judge "the patient does not have it": none known passes only with its basis."""
    if answer is None or answer.answer is Answer.NOT_ASKED:
        return Outcome.UNKNOWN
    if answer.answer is Answer.YES:
        return Outcome.VIOLATED
    return Outcome.SATISFIED if answer.basis.strip() else Outcome.UNKNOWN


def as_input(condition: Condition, answer: ConditionAnswer | None) -> Input:
    """Return the answer as an input, with its basis."""
    if answer is None:
        return Input(condition.value, "", "", None, "")
    basis = f" ({answer.basis.strip()})" if answer.basis.strip() else ""
    return Input(condition.value, f"{answer.answer.value}{basis}", "", answer.at, answer.origin)


def none_of(
    rule: Rule,
    product: Product,
    answers: Iterable[ConditionAnswer],
    conditions: tuple[Condition, ...],
    *,
    asked_on: datetime | None = None,
) -> Finding:
    """Judge a rule that wants none of ``conditions``; with ``asked_on``, a no counts only that day."""
    kept = tuple(answers)
    current = {condition: current_answer(kept, condition) for condition in conditions}
    outcomes, sentences = [], []
    for condition, answer in current.items():
        outcome, sentence = absence(answer), _sentence(condition, answer)
        if (
            asked_on
            and answer
            and outcome is Outcome.SATISFIED
            and not (answer.at and same_day(answer.at, asked_on))
        ):
            last = f", last asked {moment(answer.at, asked_on)}" if answer.at else ""
            outcome, sentence = Outcome.UNKNOWN, f"{_capital(condition)}: not asked today{last}."
        outcomes.append(outcome)
        sentences.append(sentence)
    inputs = [as_input(condition, answer) for condition, answer in current.items()]
    return finding(rule, product, worst(outcomes), " ".join(sentences), inputs)


def _sentence(condition: Condition, answer: ConditionAnswer | None) -> str:
    if answer is None or answer.answer is Answer.NOT_ASKED:
        return f"{_capital(condition)}: not asked."
    basis = answer.basis.strip()
    if answer.answer is Answer.YES:
        return f"{_capital(condition)}: yes{f' ({basis})' if basis else ''}."
    if not basis:
        return f"{_capital(condition)}: none known, but the basis for saying so is missing."
    return f"{_capital(condition)}: none known ({basis})."


def _capital(condition: Condition) -> str:
    return condition.value[0].upper() + condition.value[1:]
