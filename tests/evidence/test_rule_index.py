"""Every identifier of the rules that were read is in a book, or listed with the reason why it is in none."""

import pytest

from euthymia.evidence import EvidenceError, Jurisdiction, names, read_sourced, regimens, rule_index, rules
from euthymia.evidence import _rulebooks as rulebooks

READ = """
IND-US-1 IND-US-2 IND-US-3 IND-US-4 IND-US-5
IND-EU-1 IND-EU-2 IND-EU-3
IND-AU-1
IND-CA-1
DEV-1 DEV-2 DEV-3 DEV-4 DEV-5 DEV-6 DEV-7
PRE-1 PRE-2 PRE-3 PRE-4 PRE-5 PRE-6 PRE-7 PRE-8 PRE-9 PRE-10 PRE-11 PRE-12 PRE-13 PRE-14
PRE-3b
MON-1 MON-2 MON-3 MON-4 MON-5 MON-6 MON-7 MON-8 MON-9 MON-10 MON-11
CI-1 CI-2 CI-3 CI-4 CI-5 CI-6
WP-1 WP-2 WP-3 WP-4 WP-5 WP-6 WP-7 WP-8 WP-9 WP-10 WP-11 WP-12 WP-13 WP-14 WP-15
WP-6b
MISS-1 MISS-2 MISS-3 MISS-4
REMS-1 REMS-2 REMS-3 REMS-4 REMS-5 REMS-6 REMS-7 REMS-8 REMS-9 REMS-10 REMS-11 REMS-12 REMS-13
SAE-1 SAE-2 SAE-3 SAE-4 SAE-5 SAE-6
IV-CI-1 IV-CI-2 IV-CI-3 IV-CI-4 IV-CI-5 IV-CI-6 IV-CI-7 IV-CI-8 IV-CI-9
IV-CI-10 IV-CI-11 IV-CI-12 IV-CI-13 IV-CI-14 IV-CI-15 IV-CI-16 IV-CI-17 IV-CI-18
WU-1 WU-2 WU-3 WU-4
ST-1 ST-2 ST-3 ST-4
STOP-1 STOP-2 STOP-3 STOP-4 STOP-5 STOP-6 STOP-7 STOP-8 STOP-9 STOP-10
CMP-1 CMP-2 CMP-3 CMP-4 CMP-5
DEA-1 DEA-2 DEA-3 DEA-4 DEA-5 DEA-6 DEA-7 DEA-8 DEA-9 DEA-10 DEA-11
MIS-1 MIS-2 MIS-3 MIS-4 MIS-5 MIS-6 MIS-7 MIS-8 MIS-9
MBC-1 MBC-2 MBC-3 MBC-4 MBC-5 MBC-6 MBC-7 MBC-8
SUI-1 SUI-2 SUI-3 SUI-4 SUI-5 SUI-6 SUI-7 SUI-8 SUI-9 SUI-10
KAP-1 KAP-2 KAP-3 KAP-4 KAP-5 KAP-6 KAP-7 KAP-8
US_TRD_ADULT US_MDSI EU_TRD_LT65 EU_TRD_GE65 EU_EMERGENCY_LT65
"""
"""The identifiers of the rule source: nobody takes one out of the index."""

BOOKS = {jurisdiction: rules(jurisdiction) for jurisdiction in Jurisdiction}
STATED = {rule for book in BOOKS.values() for rule in book}
REGIMENS = {regimen.id for jurisdiction in Jurisdiction for regimen in regimens(jurisdiction)}


def _ids(file):
    return {
        entry.word("id")
        for entry in read_sourced(f"protocols/{file.removesuffix('.toml')}.toml").tables("rules")
    }


def _found(entry):
    kind, _, target = entry.where.partition(" ")
    if kind == "in":
        return target in STATED
    if kind == "regimen":
        return target in REGIMENS
    return all(entry.id in _ids(file) for file in entry.where.split())


def test_no_identifier_of_the_source_is_missing_from_the_index():
    assert set(READ.split()) - set(rule_index()) == set()


def test_what_is_implemented_is_where_the_index_says():
    missing = [entry.id for entry in rule_index().values() if entry.implemented and not _found(entry)]
    assert missing == []


def test_what_is_only_listed_has_a_reason_and_is_in_no_book():
    for entry in rule_index().values():
        if not entry.implemented:
            assert len(entry.where.split()) > 3, entry
            assert entry.id not in STATED, entry


def test_every_rule_of_every_book_is_in_the_index():
    assert STATED - set(rule_index()) == set()
    assert set(names("protocols")) >= {"common", "us", "eu", "uk", "au", "ca"}


@pytest.mark.parametrize(
    "row",
    ["CI-1,implemented,", "CI-1,planned,soon", ",listed,because", "CI-1,listed,a\nCI-1,listed,b"],
)
def test_a_broken_row_is_refused(row, monkeypatch):
    monkeypatch.setattr(rulebooks, "read_text", lambda path: f"id,status,where_or_reason\n{row}\n")
    rulebooks.rule_index.cache_clear()
    try:
        with pytest.raises(EvidenceError, match=r"index\.csv line"):
            rulebooks.rule_index()
    finally:
        rulebooks.rule_index.cache_clear()
