"""What the crash test is made of: nurses who write at once, what each was told, and how it is checked afterwards.

A write is *kept* when the server answered that it is saved: it must be there, whole, once. It is *refused* when
the server said that it is not: it must not be there. Anything else is *unknown*: there whole, or not at all.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

import psycopg
from benchmarks.hands import Hands

LOWEST, HIGHEST = 104, 138  # upper pressures that call nobody
ALARMING_SPO2 = 84


class Told(StrEnum):
    """What the nurse was told about a write."""

    UNKNOWN = "unknown"
    KEPT = "kept"
    REFUSED = "refused"


@dataclass
class Write:
    """One write as it was sent. ``mark`` stands in its text, so that it is found without its key."""

    kind: str
    visit_id: str
    key: UUID
    fields: dict[str, Any]
    by: str
    told: Told = Told.UNKNOWN
    sent: int = 0

    @property
    def mark(self) -> str:
        return f"mark {self.key}"


@dataclass(frozen=True)
class Scene:
    """Who works where: the ids of visits on the spray and on the pump, and how each nurse signs in."""

    nasal: Sequence[str]
    infused: Sequence[str]
    emails: Sequence[str]
    password: str
    secret: str


class Nurse(threading.Thread):
    """Writes as fast as the server answers, and notes what it was told."""

    def __init__(self, port: int, email: str, scene: Scene, seed: str) -> None:
        super().__init__(name=email, daemon=True)
        self.hands = Hands(port, email, scene.password, scene.secret)
        self.scene, self.rng = scene, random.Random(seed)
        self.writes: list[Write] = []
        self.faults: list[str] = []
        self.ended = threading.Event()

    @property
    def kept(self) -> int:
        """How many writes were acknowledged so far."""
        return sum(write.told is Told.KEPT for write in self.writes)

    def run(self) -> None:
        """Work until told to end."""
        while not self.ended.is_set():
            try:
                write = self._next()
            except OSError:
                time.sleep(0.05)
                continue
            if write is not None:
                self.writes.append(write)
                self._send(write)

    def _send(self, write: Write) -> None:
        """Send it; of those that got no answer half are sent again with the same key, as a tablet's queue does."""
        again = self.rng.random() < 0.5
        while True:
            write.sent += 1
            try:
                answer = self.hands.post(f"/visits/{write.visit_id}/{_PLACE[write.kind]}", write.fields)
            except OSError:
                answer = None
            if answer is not None and answer.status < 500:
                self._hear(write, answer.status, answer.place)
                return
            if not again or self.ended.is_set():
                return
            time.sleep(0.05)

    def _hear(self, write: Write, status: int, place: str) -> None:
        if status == 303 and "sign-in" not in place:
            write.told = Told.KEPT
        elif status in (409, 422):
            write.told = Told.REFUSED
        else:
            self.faults.append(f"{write.kind} was answered with {status} {place}")

    def _next(self) -> Write | None:
        drawn = self.rng.random()
        if drawn < 0.12 and self.scene.infused:
            return self._rate()
        return self._answer() if drawn < 0.24 else self._readings()

    def _new(self, kind: str, visits: Sequence[str]) -> Write:
        key = UUID(int=self.rng.getrandbits(128), version=4)
        fields = {"idempotency_key": str(key)}
        return Write(kind, self.rng.choice(visits), key, fields, self.name)

    def _readings(self) -> Write:
        write = self._new("readings", [*self.scene.nasal, *self.scene.infused])
        systolic = self.rng.randrange(LOWEST, HIGHEST)
        alarming = self.rng.random() < 0.15
        spo2 = ALARMING_SPO2 if alarming else self.rng.randrange(96, 100)
        write.fields |= {
            "systolic": systolic, "diastolic": systolic - 45, "heart_rate": self.rng.randrange(60, 90),
            "respiratory_rate": self.rng.randrange(12, 18), "spo2": spo2, "sedation": 5, "dissociation": 0,
            "asked": "none", "note": write.mark,
        }  # fmt: skip
        if alarming:
            write.fields["confirmed"] = f"oxygen saturation {spo2} %"
        return write

    def _rate(self) -> Write:
        write = self._new("rate", self.scene.infused)
        write.fields |= {"rate_ml_per_h": f"{self.rng.randrange(2000, 5000) / 100:.2f}", "why": write.mark}
        return write

    def _answer(self) -> Write | None:
        """Answer the alarms that the page shows; another nurse may be faster, which is a refusal."""
        write = self._new("answer", [*self.scene.nasal, *self.scene.infused])
        page = self.hands.get(f"/visits/{write.visit_id}/alarms/")
        ids = re.search(rb'name="alarm_ids" value="([0-9a-f -]{36,})"', page.body)
        if ids is None:
            return None
        write.fields |= {"alarm_ids": ids.group(1).decode(), "done": "seen", "action": write.mark}
        return write


_PLACE = {"readings": "readings/", "rate": "infusion/rate-changed/", "answer": "alarms/"}
_MARK = re.compile(r"mark [0-9a-f-]{36}")
_NUMBERS = ("heart_rate", "respiratory_rate", "spo2", "sedation", "dissociation")


# --- the check ---------------------------------------------------------------------------------------------
@dataclass
class Report:
    """What was found. ``problems`` are sentences; none means that nothing was lost and nothing is half there."""

    kept: int = 0
    refused: int = 0
    unknown_there: int = 0
    unknown_absent: int = 0
    sent_again: int = 0
    rows: int = 0
    problems: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """The outcome in one line."""
        writes = self.kept + self.refused + self.unknown_there + self.unknown_absent
        found = f"{len(self.problems)} problems" if self.problems else "nothing lost, nothing half written"
        return (
            f"{writes} writes ({self.sent_again} sent again): {self.kept} acknowledged and there once, "
            f"{self.refused} refused and absent, {self.unknown_there} unanswered and there whole, "
            f"{self.unknown_absent} unanswered and absent: {found}."
        )


def check(dsn: str, writes: Iterable[Write]) -> Report:
    """Compare what the nurses were told with what the database holds, read by plain SQL."""
    report = Report()
    with psycopg.connect(dsn) as connection:
        connection.read_only = True
        stored = _Stored(connection)
    for write in writes:
        found = stored.rows_of(write)
        report.rows += len(found)
        report.sent_again += write.sent > 1
        wanted = _wanted(write)
        if write.told is Told.KEPT:
            report.kept += 1
        elif write.told is Told.REFUSED:
            report.refused += 1
        elif found:
            report.unknown_there += 1
        else:
            report.unknown_absent += 1
        if not found and write.told is not Told.KEPT:
            continue
        if write.told is Told.REFUSED:
            report.problems.append(f"A {write.kind} that was refused is there: {write.key}.")
        elif found != wanted:
            report.problems.append(f"{write.kind} {write.key} ({write.told}): {found} instead of {wanted}.")
        elif trouble := stored.trouble_with(write):
            report.problems.append(f"{write.kind} {write.key}: {trouble}")
    report.problems += stored.strays()
    return report


def _wanted(write: Write) -> list[tuple[Any, ...]]:
    """The rows a write becomes."""
    said = write.fields
    if write.kind == "rate":
        return [("rate", float(said["rate_ml_per_h"]))]
    if write.kind == "answer":
        return [("answer", UUID(each)) for each in sorted(said["alarm_ids"].split())]
    rows: list[tuple[Any, ...]] = [("note", None, None), ("pressure", said["systolic"], said["diastolic"])]
    rows += [(name, said[name], None) for name in _NUMBERS]
    rows.append(("symptoms", None, None))
    return sorted(rows, key=str)


class _Stored:
    """What the database holds, once in memory: by mark, and never by the key alone."""

    def __init__(self, connection: psycopg.Connection) -> None:
        observed = connection.execute(
            "SELECT o.set_id, o.idempotency_key, o.visit_id, u.email, o.kind, o.value, o.diastolic, o.note,"
            " o.recorded_at FROM visits_observation o JOIN access_user u ON u.id = o.recorded_by_id"
        ).fetchall()
        self.sets: dict[UUID, list[tuple[Any, ...]]] = {}
        for row in observed:
            self.sets.setdefault(row[0], []).append(row)
        self.by_mark: dict[str, list[UUID]] = {}
        for row in observed:
            if row[7].startswith("mark "):
                self.by_mark.setdefault(row[7], []).append(row[0])
        self.rates = _by_mark(
            connection, "SELECT i.why, i.rate_ml_per_h, i.id, i.idempotency_key FROM visits_infusionevent i"
        )
        self.pumped = {str(row[0]) for row in connection.execute("SELECT id FROM visits_infusionevent")}
        self.answers = _by_mark(
            connection, "SELECT a.action, a.alarm_id, a.visit_id FROM visits_acknowledgement a"
        )
        self.alarms = connection.execute("SELECT visit_id, recorded_at FROM visits_alarm").fetchall()
        self.audited = _audited(connection)

    def rows_of(self, write: Write) -> list[tuple[Any, ...]]:
        if write.kind == "rate":
            return [("rate", float(row[1])) for row in self.rates.get(write.mark, ())]
        if write.kind == "answer":
            return sorted(("answer", row[1]) for row in self.answers.get(write.mark, ()))
        rows = [row for set_id in self.by_mark.get(write.mark, ()) for row in self.sets[set_id]]
        return sorted(((row[4], row[5], row[6]) for row in rows), key=str)

    def trouble_with(self, write: Write) -> str:
        """What is wrong with a write that is there: its audit entry, its key, its alarm, its visit."""
        if write.kind == "rate":
            (row,) = self.rates[write.mark]
            if row[3] != write.key:
                return "its key is another"
            return _once(self.audited["visits.record_infusion", str(row[2])])
        if write.kind == "answer":
            return "" if all(str(row[2]) == write.visit_id for row in self.answers[write.mark]) else "moved"
        (set_id,) = self.by_mark[write.mark]
        rows = self.sets[set_id]
        if {row[1] for row in rows} != {uuid5(write.key, str(number)) for number in range(len(rows))}:
            return "its keys are others"
        if {(str(row[2]), row[3]) for row in rows} != {(write.visit_id, write.by)}:
            return "it is another visit's, or another nurse's"
        low = write.fields["spo2"] == ALARMING_SPO2
        minute = rows[0][8].replace(second=0, microsecond=0)
        called = {visit for visit, at in self.alarms if at.replace(second=0, microsecond=0) == minute}
        if low and UUID(write.visit_id) not in called:  # the same value in the same minute calls once
            return "its alarm is missing"
        return _once(self.audited["visits.record_observations", str(set_id)])

    def strays(self) -> list[str]:
        """Audit entries about what is not there: a half of a write."""
        sets = {str(set_id) for set_id in self.sets}
        there = {"visits.record_observations": sets, "visits.record_infusion": self.pumped}
        return [
            f"The audit chain tells of {verb} {subject}, which is not there."
            for (verb, subject) in self.audited
            if subject not in there[verb]
        ]


class _Counted(dict[tuple[str, str], int]):
    def __missing__(self, _: tuple[str, str]) -> int:
        return 0


def _audited(connection: psycopg.Connection) -> Mapping[tuple[str, str], int]:
    rows = connection.execute(
        "SELECT verb, coalesce(detail->>'set', detail->>'event'), count(*) FROM audit_auditentry"
        " WHERE verb IN ('visits.record_observations', 'visits.record_infusion') GROUP BY 1, 2"
    ).fetchall()
    return _Counted({(verb, subject): number for verb, subject, number in rows})


def _by_mark(connection: psycopg.Connection, query: str) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in connection.execute(query):  # type: ignore[call-overload]
        if mark := _MARK.search(row[0]):
            found.setdefault(mark.group(), []).append(row)
    return found


def _once(times: int) -> str:
    return "" if times == 1 else f"it has {times} audit entries"


# --- the board ---------------------------------------------------------------------------------------------
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?|\d+ (min|s|seconds?|minutes?)\b")
_SEEN = re.compile(rb'name="seen" value="([^"]+)"')


class Watcher:
    """A board that stays open through everything, and fetches only what is new, as the page does."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.shown, self.tag = b"", ""

    def look(self) -> None:
        """Refresh as the page does: what it has is kept where the server says that nothing is new."""
        seen = _SEEN.search(self.shown)
        path = "/board/tiles/" + (f"?seen={seen.group(1).decode()}" if seen else "")
        answer = self.hands.part(path, self.tag)
        if answer.status == 200:
            self.shown, self.tag = answer.body, answer.tag
        elif answer.status not in (204, 304):
            raise AssertionError(f"The board was answered with {answer.status}.")

    def differs(self) -> str:
        """What the open board and a fresh one tell differently, clocks left out; empty when nothing."""
        for _ in range(5):  # a minute may turn between the two
            self.look()
            fresh = self.hands.part("/board/tiles/").body
            mine, new = told(self.shown), told(fresh)
            if mine == new:
                return ""
        return "; ".join(sorted(set(mine) ^ set(new)))


def told(page: bytes) -> list[str]:
    """The words of a page, clocks left out."""
    text = re.sub(r"<[^>]*>", "\n", page.decode())
    lines = (_CLOCK.sub("·", line).strip() for line in text.splitlines())
    return [line for line in lines if line]
