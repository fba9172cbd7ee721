"""One treatment visit of a synthetic patient, door to door, through the visits' own actions.

Each function is part of a life (see ``clockwork``): it yields the time of what comes next, then does it.
"""

from __future__ import annotations

from euthymia.clinic.config.demo.arriving import check_in
from euthymia.clinic.config.demo.clockwork import Life
from euthymia.clinic.config.demo.dosing import give, order
from euthymia.clinic.config.demo.going_home import close, send_home, walk_out
from euthymia.clinic.config.demo.looking_after import watch
from euthymia.clinic.config.demo.sitting import Ending, Sitting
from euthymia.clinic.config.demo.team import Team, soon
from euthymia.clinic.visits import actions


def attend(team: Team, sitting: Sitting) -> Life:
    """The whole visit. A gate that stays shut ends it without a dose, with the reason the rules gave."""
    yield from check_in(team, sitting)
    try:
        yield from order(team, sitting)
    except actions.GateShut as shut:
        waits_for = "; ".join(finding.sentence for finding in shut.result.blocked_by)
        actions.withhold(
            by=sitting.nurse, at=soon(sitting.t0, 0), visit_id=sitting.visit_id, why=waits_for[:400]
        )
        return
    yield from go_on(team, sitting, "ordered")


def go_on(team: Team, sitting: Sitting, state: str) -> Life:
    """The visit from the order on, or from whatever later state it is in."""
    if state in {"ordered", "administering"}:
        yield from give(sitting)
    if state in {"ordered", "administering", "monitoring"}:
        yield from watch(sitting)
    if state in {"ordered", "administering", "monitoring", "ready_to_leave"}:
        leaves = walk_out(sitting) if sitting.ending is Ending.AGAINST_ADVICE else send_home(sitting)
        yield from leaves
    yield from close(sitting)
