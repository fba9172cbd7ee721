"""Writing to courses: from the referral to the end, each change by the table of transitions."""

from euthymia.clinic.courses.actions.agreed import Ability as Ability
from euthymia.clinic.courses.actions.agreed import Consent as Consent
from euthymia.clinic.courses.actions.agreed import Judged as Judged
from euthymia.clinic.courses.actions.agreed import SaidBack as SaidBack
from euthymia.clinic.courses.actions.agreed import record_consent as record_consent
from euthymia.clinic.courses.actions.agreed import record_programme as record_programme
from euthymia.clinic.courses.actions.agreed import withdraw as withdraw
from euthymia.clinic.courses.actions.course import advance as advance
from euthymia.clinic.courses.actions.course import record_treated_session as record_treated_session
from euthymia.clinic.courses.actions.course import refer as refer
from euthymia.clinic.courses.actions.eligibility import Reply as Reply
from euthymia.clinic.courses.actions.eligibility import answer_conditions as answer_conditions
from euthymia.clinic.courses.actions.eligibility import decide_eligibility as decide_eligibility
from euthymia.clinic.courses.actions.intake import Conflict as Conflict
from euthymia.clinic.courses.actions.intake import confirm_step as confirm_step
from euthymia.clinic.courses.actions.intake import discard_draft as discard_draft
from euthymia.clinic.courses.actions.intake import record_episode as record_episode
from euthymia.clinic.courses.actions.intake import record_psychiatrist as record_psychiatrist
from euthymia.clinic.courses.actions.intake import save_draft as save_draft
from euthymia.clinic.courses.actions.planned import NewPlan as NewPlan
from euthymia.clinic.courses.actions.planned import decide_benefit as decide_benefit
from euthymia.clinic.courses.actions.planned import judge_plan as judge_plan
from euthymia.clinic.courses.actions.planned import sign_plan as sign_plan
from euthymia.clinic.courses.actions.site import Site as Site
from euthymia.clinic.courses.actions.site import record_site as record_site
