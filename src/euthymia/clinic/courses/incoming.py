"""A referral as it comes in, whichever way it came: one value, and what makes two of them the same import."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import date


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Something an imported file said that has no place in a referral. It is shown as it stood."""

    path: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What a referrer said. Every field as it was given; nothing in it is judged.

    ``number`` is the sender's own number for the referral, where an imported file gave one.
    """

    referrer_name: str
    organisation: str = ""
    referrer_phone: str = ""
    referred_on: date
    given_name: str
    family_name: str
    birth_date: date
    sex: str = "unknown"
    phone: str = ""
    email: str = ""
    address: str = ""
    identifier: str = ""
    reason: str
    diagnosis: str = ""
    diagnosis_code: str = ""
    diagnosis_system: str = ""
    urgency: str
    suicidal_thoughts: str
    medicines: str = ""
    past_antidepressants: str = ""
    unmapped: tuple[Unmapped, ...] = ()
    number: str = ""

    def row(self) -> dict[str, object]:
        """The fields as the table has them."""
        held: dict[str, object] = {
            each.name: getattr(self, each.name) for each in fields(self) if each.name != "number"
        }
        return held | {"unmapped": [asdict(each) for each in self.unmapped]}

    @property
    def words(self) -> str:
        """Everything clinical that was said, what had no place included: to look for what must not be missed."""
        said = (self.reason, self.diagnosis, self.medicines, self.past_antidepressants)
        return " ".join((*said, *(each.value for each in self.unmapped)))

    @property
    def import_key(self) -> str:
        """The same for the same number of the sender, or else for the same content: imported twice, it is one."""
        plain = self.number or json.dumps(self.row(), default=str, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
