"""Worked examples of what speaks against treating: illness, age, liver, medicines, misuse, missing tests, weight."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tests.protocol.examples._example import Example, S, U, V
from tests.protocol.people import IV, NASAL, NOW, NURSE, ago, answers, candidate, datum, no, not_asked, yes
from tests.protocol.people import pressure as measured

from euthymia.protocol import Condition, TrialOutcome, eligibility, suitability, weight_basis
from euthymia.protocol.facts import (
    EarlierTreatment,
    Examination,
    ExaminationResult,
    Indication,
    IndicationScore,
    InteractionClass,
    LiverImpairment,
    Medicine,
    Sex,
    Substance,
    SubstanceUse,
    SuitabilityFacts,
)
from euthymia.protocol.weight_basis import WeightBasis, WeightBasisFacts

TODAY = NOW.date()


def result_of(examination, days=10, abnormal=False):
    """Return a result of so many days ago."""
    return ExaminationResult(examination, TODAY - timedelta(days=days), "as read", abnormal, NOW, NURSE)


def results(*changed, without=()):
    """Return a normal result of every examination, but for ``changed`` and ``without``."""
    good = {one: result_of(one) for one in Examination if one not in without}
    return tuple({**good, **{result.examination: result for result in changed}}.values())


def taking(name="lithium", classes=(InteractionClass.MOOD_STABILISER,), **more):
    """Return a medicine that is taken."""
    return Medicine(name, None if classes is None else frozenset(classes), "usual dose", NOW, NURSE, **more)


def misused(times, substance=Substance.KETAMINE):
    """Return how often a substance was misused."""
    return SubstanceUse(substance, times, None, NOW, NURSE)


NEVER = tuple(misused(0, substance) for substance in Substance)


def suitable(product=NASAL, *, of=None, **changes):
    """Return somebody nothing speaks against; ``of`` changes who it is."""
    good = SuitabilityFacts(
        eligibility=replace(candidate(product), **(of or {})),
        sex=datum(Sex.FEMALE),
        medicines=datum((taking(),)),
        substances=NEVER,
        liver=datum(LiverImpairment.NONE),
        pressures=(measured(122, 76, ago(days=5)),),
        results=results(),
        weight_kg=datum(Decimal(70), ago(days=5)),
        height_cm=datum(Decimal(172), ago(days=5)),
    )
    return replace(good, **changes)


def _case(rule, title, outcome, facts, boundary=""):
    return Example(rule, title, outcome, lambda book: suitability.assess(facts, book, NOW), boundary)


def _absent(rule, condition, product):
    def asked(answer):
        return suitable(product, of={"conditions": answers(answer)})

    return (
        _case(rule, f"none known, and how we know: {condition.value}", S, asked(no(condition, "asked"))),
        _case(rule, f"the patient has it: {condition.value}", V, asked(yes(condition))),
        _case(rule, f"nobody asked: {condition.value}", U, asked(not_asked(condition))),
        _case(rule, f"none known, but no word how we know: {condition.value}", U, asked(no(condition, " "))),
    )


def _liver(rule, bad, product):
    fine = LiverImpairment.CHILD_PUGH_A
    return (
        _case(rule, f"judged {fine.value}", S, suitable(product, liver=datum(fine))),
        _case(rule, f"judged {bad.value}", V, suitable(product, liver=datum(bad))),
        _case(rule, "not judged", U, suitable(product, liver=None)),
    )


def _born(rule, title, outcome, day, boundary=""):
    return _case(rule, title, outcome, suitable(of={"birth_date": datum(day) if day else None}), boundary)


def _beside(rule, kind, name):
    def taken(*medicines):
        return suitable(medicines=datum(medicines))

    culprit = taking(name, [kind])
    return (
        _case(rule, "takes no medicine", S, taken()),
        _case(rule, "takes another kind", S, suitable()),
        _case(rule, f"takes {name}", V, taken(culprit)),
        _case(
            rule,
            f"stopped {name} yesterday",
            S,
            taken(replace(culprit, stopped_on=TODAY - timedelta(days=1))),
        ),
        _case(rule, f"stops {name} today", V, taken(replace(culprit, stopped_on=TODAY))),
        _case(rule, "nobody said what kind a medicine is", U, taken(taking("a tablet", None))),
        _case(rule, "nobody went through the medicines", U, suitable(medicines=None)),
    )


def _infused(rule, title, outcome, boundary="", **changes):
    return _case(rule, title, outcome, suitable(IV, **changes), boundary)


def _benzodiazepine(title, outcome, mg, boundary=""):
    amount = None if mg is None else Decimal(mg)
    one = taking("diazepam", [InteractionClass.BENZODIAZEPINE], lorazepam_mg_per_day=amount)
    return _infused("IV-CI-16", title, outcome, boundary, medicines=datum((one,)))


_OLD_LIST = datum((taking(),), ago(days=90))


def _lorazepam():
    half = taking("lorazepam", [InteractionClass.BENZODIAZEPINE], lorazepam_mg_per_day=Decimal(2))
    both = (half, replace(half, name="clonazepam"))
    return (
        _benzodiazepine("3 mg a day as lorazepam", S, "3", "lorazepam_max"),
        _benzodiazepine("3.5 mg a day as lorazepam", V, "3.5", "lorazepam_max"),
        _benzodiazepine("the dose is not converted", U, None),
        _infused("IV-CI-16", "two together come to 4 mg", V, medicines=datum(both)),
        _infused("IV-CI-16", "no benzodiazepine", S),
        _infused("IV-CI-16", "nobody went through the medicines", U, medicines=None),
        _infused("IV-CI-16", "at a dose, a list of months ago", U, medicines=_OLD_LIST, for_dose=True),
        _infused("IV-CI-16", "at suitability, the same list", S, medicines=_OLD_LIST),
    )


def _counted():
    others = tuple(one for one in NEVER if one.substance is not Substance.KETAMINE)

    def used(title, outcome, *uses, boundary=""):
        return _infused("IV-CI-8", title, outcome, boundary, substances=(*uses, *others))

    return (
        used("ketamine misused once in the past year", S, misused(1), boundary="times_max"),
        used("ketamine misused twice", V, misused(2), boundary="times_max"),
        used("how often is not known", U, misused(None)),
        used("ketamine was not asked about", U),
    )


TREATMENT = EarlierTreatment(
    Indication.PTSD, "sertraline", True, True, TrialOutcome.INADEQUATE, ago(days=60), "referral letter"
)


def _off_label(rule, indication, diagnosis):
    first = replace(TREATMENT, indication=indication)
    second = replace(first, treatment="psychotherapy")
    good = {
        "conditions": answers(yes(diagnosis)),
        "indication": indication,
        "treatments": (first, second),
        "score": datum(IndicationScore(indication, "its own scale", Decimal(40)), ago(days=3)),
    }

    def case(title, outcome, boundary="", **changes):
        facts = candidate(IV, **{**good, **changes})
        return Example(rule, title, outcome, lambda book: eligibility.assess(facts, book, NOW), boundary)

    def scored(days):
        return datum(good["score"].value, ago(days=days))

    return (
        case("diagnosed, two first-line treatments failed, scored", S, "failures_min"),
        case("one failed", V, "failures_min", treatments=(first,)),
        case("the same treatment twice counts once", V, treatments=(first, first)),
        case(
            "the second was no first-line treatment", V, treatments=(first, replace(second, first_line=False))
        ),
        case("the second was not adequate", V, treatments=(first, replace(second, adequate=False))),
        case("the second worked", V, treatments=(first, replace(second, outcome=TrialOutcome.RESPONDED))),
        case("how the second ended is not known", U, treatments=(first, replace(second, outcome=None))),
        case("no treatment is recorded", U, treatments=()),
        case(
            "treatments of something else do not count",
            U,
            treatments=(replace(first, indication=Indication.TRD),),
        ),
        case("scored 28 days ago", S, "score_age_max", score=scored(28)),
        case("scored 29 days ago", V, "score_age_max", score=scored(29)),
        case("not scored", U, score=None),
        case("not diagnosed", V, conditions=answers(no(diagnosis))),
        case("the diagnosis was never asked", U, conditions=answers(not_asked(diagnosis))),
    )


AT_RISK = {"conditions": answers(yes(Condition.CARDIOVASCULAR_RISK), yes(Condition.LIVER_RISK))}


def _risky(title, outcome, *changed, boundary="", without=()):
    facts = suitable(IV, of=AT_RISK, results=results(*changed, without=without))
    return _case("WU-1", title, outcome, facts, boundary)


ECG, LIVER = Examination.ECG, Examination.LIVER_TESTS


def _of_baseline(rule, product):
    screen = Examination.SUICIDE_HISTORY

    def case(title, outcome, boundary="", **changes):
        return _case(rule, title, outcome, suitable(product, **changes), boundary)

    pregnant = {"conditions": answers(yes(Condition.PREGNANCY_POSSIBLE))}
    unasked = {"conditions": answers(not_asked(Condition.PREGNANCY_POSSIBLE))}
    no_test = results(without=(Examination.PREGNANCY_TEST,))
    return (
        case("everything is there", S),
        case("exactly 90 days old", S, "age_max", results=results(result_of(screen, 90))),
        case("91 days old", V, "age_max", results=results(result_of(screen, 91))),
        case("one is missing", U, results=results(without=(screen,))),
        case("one was not read", U, results=results(result_of(screen, abnormal=None))),
        case(
            "an abnormal one informs and does not stop", S, results=results(result_of(screen, abnormal=True))
        ),
        case("no blood pressure", U, pressures=(), results=results(without=(Examination.BLOOD_PRESSURE,))),
        case("no pregnancy test, none needed", S, results=no_test),
        case("no pregnancy test, pregnancy is possible", U, of=pregnant, results=no_test),
        case("no pregnancy test, nobody asked", U, of=unasked, results=no_test),
    )


def _older(title, outcome, born, boundary=""):
    facts = suitable(IV, of={"birth_date": datum(born)}, results=results(result_of(ECG, 100)))
    return _case("WU-3", title, outcome, facts, boundary)


def _british_columbia(title, outcome, *changed, boundary="", without=()):
    facts = suitable(IV, results=results(*changed, without=without))
    return _case("WU-2", title, outcome, facts, boundary)


def _maintained(title, outcome, *changed, boundary="", maintenance=True, without=()):
    return _infused(
        "WU-4",
        title,
        outcome,
        boundary,
        in_maintenance=maintenance,
        results=results(*changed, without=without),
    )


def body(weight="96", height="170", sex=Sex.FEMALE, **changes):
    """Return a dose of 0.5 mg/kg for somebody of this weight, height and sex."""
    good = WeightBasisFacts(
        Decimal("0.5"), datum(Decimal(weight), ago(hours=1)), datum(Decimal(height)), datum(sex)
    )
    return replace(good, **changes)


def _weighed(title, outcome, facts, boundary=""):
    return Example("IV-DOSE-8", title, outcome, lambda book: weight_basis.assess(facts, book, NOW), boundary)


def _chosen(basis, at=NOW):
    return datum(basis, at)


EXAMPLES = (
    *_absent("WP-4", Condition.SUBSTANCE_USE_DISORDER, NASAL),
    *_absent("WP-6b", Condition.HYPERTENSIVE_ENCEPHALOPATHY, NASAL),
    *_absent("WP-9", Condition.PREGNANCY_OR_LACTATION, NASAL),
    *_absent("IV-CI-6", Condition.PSYCHOTIC_DISORDER, IV),
    *_absent("IV-CI-7", Condition.SUBSTANCE_MISUSE, IV),
    *_absent("IV-CI-10", Condition.RAISED_INTRACRANIAL_PRESSURE, IV),
    *_absent("IV-CI-10b", Condition.RAISED_INTRAOCULAR_PRESSURE, IV),
    *_absent("IV-CI-13", Condition.DEMENTIA, IV),
    *_absent("IV-CI-13", Condition.DELIRIUM, IV),
    *_absent("IV-CI-14", Condition.PORPHYRIA, IV),
    *_absent("IV-CI-14", Condition.UNCONTROLLED_SEIZURES, IV),
    *_absent("IV-CI-15", Condition.BIPOLAR_DISORDER, IV),
    *_absent("IV-CI-17", Condition.CONSENT_BARRIER, IV),
    *_liver("WP-11", LiverImpairment.CHILD_PUGH_C, NASAL),
    *_liver("WP-11b", LiverImpairment.CHILD_PUGH_B, NASAL),
    *_liver("IV-CI-11", LiverImpairment.CHILD_PUGH_C, IV),
    *_liver("IV-CI-11b", LiverImpairment.CHILD_PUGH_B, IV),
    _born("WP-5", "25 today", S, date(2001, 3, 3), "age_above"),
    _born("WP-5", "25 tomorrow", V, date(2001, 3, 4), "age_above"),
    _born("WP-5", "the date of birth is not known", U, None),
    _born("WP-12b", "66 tomorrow", S, date(1960, 3, 4), "age_max"),
    _born("WP-12b", "66 today", V, date(1960, 3, 3), "age_max"),
    _born("WP-12b", "the date of birth is not known", U, None),
    *_beside("WP-13", InteractionClass.OPIOID, "oxycodone"),
    *_beside("WP-13-STIM", InteractionClass.PSYCHOSTIMULANT, "modafinil"),
    *_beside("WP-13-MAOI", InteractionClass.MAOI, "tranylcypromine"),
    *_beside("WP-13-BP", InteractionClass.XANTHINE, "theophylline"),
    *_beside("WP-13-CYP", InteractionClass.CYP3A4_INHIBITOR, "clarithromycin"),
    _case("WP-13b", "takes another medicine", S, suitable()),
    _case(
        "WP-13b", "takes Isocarboxazid 10 mg", V, suitable(medicines=datum((taking("Isocarboxazid 10 mg"),)))
    ),
    _case("WP-13b", "nobody went through the medicines", U, suitable(medicines=None)),
    *_lorazepam(),
    *_counted(),
    *_off_label("IV-IND-2", Indication.PTSD, Condition.POST_TRAUMATIC_STRESS),
    *_off_label("IV-IND-3", Indication.OCD, Condition.OBSESSIVE_COMPULSIVE),
    *_off_label("IV-IND-4", Indication.ANXIETY, Condition.ANXIETY_DISORDER),
    *_off_label("IV-IND-5", Indication.PAIN, Condition.CHRONIC_PAIN),
    _case("WU-1", "no risk, no test", S, suitable(IV, results=())),
    _case(
        "WU-1",
        "nobody asked about the heart, no electrocardiogram",
        U,
        suitable(IV, of={"conditions": answers(not_asked(Condition.CARDIOVASCULAR_RISK))}, results=()),
    ),
    _risky("both risks, both tests normal", S),
    _risky("the electrocardiogram is 180 days old", S, result_of(ECG, 180), boundary="ecg_age_max"),
    _risky("the electrocardiogram is 181 days old", V, result_of(ECG, 181), boundary="ecg_age_max"),
    _risky("the electrocardiogram is abnormal", V, result_of(ECG, abnormal=True)),
    _risky("the electrocardiogram was not read", U, result_of(ECG, abnormal=None)),
    _risky("liver tests are missing", U, without=(LIVER,)),
    _risky("liver tests are 90 days old", S, result_of(LIVER, 90), boundary="liver_age_max"),
    _risky("liver tests are 91 days old", V, result_of(LIVER, 91), boundary="liver_age_max"),
    *_of_baseline("WU-3", IV),
    *_of_baseline("WU-ESK", NASAL),
    _older("51 tomorrow, so no new electrocardiogram", S, date(1975, 3, 4), "ecg_age_below"),
    _older("51 today, the electrocardiogram is 100 days old", V, date(1975, 3, 3), "ecg_age_below"),
    _british_columbia("all four tests are there", S),
    _british_columbia("one is 180 days old", S, result_of(ECG, 180), boundary="age_max"),
    _british_columbia("one is 181 days old", V, result_of(ECG, 181), boundary="age_max"),
    _british_columbia("kidney tests are missing", U, without=(Examination.RENAL_TESTS,)),
    _maintained("before maintenance no tests are asked for", S, maintenance=False, without=(LIVER,)),
    _maintained("liver tests are 180 days old", S, result_of(LIVER, 180), boundary="liver_age_max"),
    _maintained("liver tests are 181 days old", V, result_of(LIVER, 181), boundary="liver_age_max"),
    _maintained("liver tests are missing", U, without=(LIVER,)),
    _weighed("a body mass index of 24", S, body("70", "172")),
    _weighed("just under 30", S, body("86.6", "170"), "bmi_below"),
    _weighed("exactly 30, not chosen", U, body("86.7", "170"), "bmi_below"),
    _weighed("chosen: ideal weight", S, body(chosen=_chosen(WeightBasis.IDEAL))),
    _weighed(
        "a man, chosen: ideal weight", S, body("110", "180", Sex.MALE, chosen=_chosen(WeightBasis.IDEAL))
    ),
    _weighed("chosen: actual weight", S, body(chosen=_chosen(WeightBasis.ACTUAL))),
    _weighed("chosen before the weight was taken", V, body(chosen=_chosen(WeightBasis.IDEAL, ago(hours=2)))),
    _weighed("the ideal weight needs the sex", U, replace(body(chosen=_chosen(WeightBasis.IDEAL)), sex=None)),
    _weighed("shorter than the formula reaches", U, body("80", "150", chosen=_chosen(WeightBasis.IDEAL))),
    _weighed("the height is not known", U, replace(body(), height_cm=None)),
)
