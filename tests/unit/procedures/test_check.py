from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from procedures.check import faults, problems
from procedures.model import Procedure
from tests.unit.procedures.making import ALEXANDERSKOLAN, NORDBERG, NOW, SCHOOLS

Change = Callable[[dict[str, Any]], object]


def changed(change: Change, procedure: Procedure = NORDBERG) -> tuple[str, ...]:
    """What is wrong with a procedure once a change was made to its file."""
    data = procedure.model_dump()
    change(data)
    return problems(Procedure.model_validate(data))


def put(data: dict[str, Any], table: str, name: str, /, **values: Any) -> None:
    """Changes values of the entry of a table by its id."""
    next(one for one in data[table] if one["id"] == name).update(values)


def again(data: dict[str, Any], table: str, place: int) -> None:
    """Writes an entry of a table a second time, before the last."""
    data[table] = [*data[table][:-1], data[table][place], data[table][-1]]


@pytest.mark.parametrize("school", SCHOOLS.all, ids=lambda one: one.id)
def test_nothing_is_wrong_with_the_four(school: Procedure) -> None:
    """G10: nor are their terms out of date."""
    assert problems(school, NOW.date()) == ()


def test_a_name_with_a_line_break_makes_no_second_line() -> None:
    lines = changed(lambda data: put(data, "units", "9. trinn", id="9.\n\u2028trinn"))
    assert any("write one of 10. trinn, 8. trinn, 9.  trinn, SFO" in line for line in lines)
    assert all(len(line.splitlines()) == 1 for line in lines)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: put(d, "roles", "head_8", stand_in="nobody"), "there is no role 'nobody'; write one of"),
        (lambda d: put(d, "roles", "head_8", stand_in=""), "has no stand_in"),
        (lambda d: put(d, "roles", "head_8", stand_in="head_8"), "'head_8' is the same person"),
        (lambda d: put(d, "roles", "deputy_principal", name="GRY  Hovland"), "is the same person"),
        (lambda d: put(d, "roles", "head_8", units=["8 trinn"]), "there is no unit '8 trinn'"),
        (lambda d: put(d, "roles", "head_8", units=[]), "holds an office and belongs to no unit"),
        (lambda d: put(d, "roles", "head_8", offices=["boss"]), "there is no office 'boss'"),
        (lambda d: put(d, "roles", "principal", title={}), "has no title"),
        (lambda d: put(d, "roles", "principal", name=""), "has no name"),
        (lambda d: put(d, "roles", "principal", mail=""), "cannot be reached"),
        (lambda d: put(d, "roles", "principal", mail="Post@nordberg.example"), "notices would come back"),
        (lambda d: d["organisation"].update(default_role="area_director"), "name somebody above"),
        (lambda d: d["organisation"].update(last_resort="x"), "last_resort: there is no role 'x'"),
        (lambda d: d["urgent"].update(roles=["principal"]), "only one role is told of danger"),
        (lambda d: put(d, "stages", "leadership", owner="boss"), "no role or office 'boss'"),
        (lambda d: put(d, "stages", "leadership", next="enquiry", next_level={"": "x"}), "go in a circle"),
        (lambda d: put(d, "stages", "enquiry", next="x"), "next: there is no stage 'x'"),
        (lambda d: put(d, "stages", "enquiry", next_level={}), "write [stages.next_level]"),
        (lambda d: put(d, "rules", "serious", stage=""), "stage: there is no stage ''"),
        (lambda d: put(d, "rules", "not_for_register", owner="principal"), "and neither stage nor owner"),
        (lambda d: put(d, "rules", "default", when={"urgent": True}), "the last rule must match everything"),
        (lambda d: put(d, "rules", "serious", when={}), "'complaint': never matches, 'serious' before it"),
        (lambda d: again(d, "rules", 2), "'serious' is there twice"),
        (lambda d: again(d, "units", 0), "units: '8. trinn' is there twice"),
        (lambda d: again(d, "mailboxes", 0), "post@nordberg.example is there twice"),
        (lambda d: d["mailboxes"][0].update(unit="x"), "there is no unit 'x'"),
        (lambda d: d["calendar"].update(terms=[]), "counts school days and there are no"),
        (lambda d: d["calendar"].update(office_hours={}), "no day is open"),
        (lambda d: d["calendar"].update(office_hours={"monday": ["09:00", "09:00"]}), "closes before it opens"),
        (lambda d: d["calendar"].update(holiday_categories=["secret"]), "holiday_categories"),
        (lambda d: d["numbers"].update(format="NORD {number}"), "must hold {year} and {number}"),
        (lambda d: d["stages"][1]["title"].pop("bg"), "title: is missing in bg"),
        (lambda d: d["emergency"].pop("sv"), "emergency: is missing in sv"),
        (lambda d: d["stages"][1]["time_limits"][0].update(after="x"), "after: 'x' is no earlier time limit"),
        (lambda d: d["stages"][1]["time_limits"][0].update(promise={}), "what the date is of"),
        (lambda d: d["stages"][1]["steps"][0]["due"].update(after="x"), "due: 'x' is no time limit of this stage"),
    ],
)
def test_what_cannot_be_meant_is_said(change: Change, said: str) -> None:
    """E2, G2, G10: with the place and what to write."""
    lines = changed(change)
    assert any(said in line for line in lines), lines
    assert all(line.startswith("nordberg: ") for line in lines)


def test_a_task_without_words_is_said() -> None:
    """B5: the parent could not be told what that person does."""
    lines = changed(
        lambda d: d["rules"][2].update(
            assignments=[{"role": "principal", "task": "juggles", "clause": "punkt 2", "why": "x"}]
        )
    )
    assert any("task 'juggles' has no words in bg" in line for line in lines)


def test_terms_that_run_out_are_said_in_time() -> None:
    """C1, G6: sixty days before the last day of school that is known."""
    assert problems(NORDBERG, date(2027, 10, 1)) == ()
    assert "write the next school year" in problems(NORDBERG, date(2027, 11, 1))[0]


def test_a_missing_translation_does_not_keep_a_school_from_working() -> None:
    """D3: letters fall back to the school's language; it is said, and nothing is refused."""
    data = ALEXANDERSKOLAN.model_dump()
    data["emergency"] = {"sv": data["emergency"]["sv"]}
    school = Procedure.model_validate(data)
    assert faults(school) == ()
    assert "is missing in bg, nb, nn, en" in problems(school)[0]


def test_a_wider_rule_before_a_narrower_one_is_said() -> None:
    """G10: by kind, category, unit and score."""
    wide = {"kinds": ["complaint", "concern"], "minimum_score": 0.5}
    narrow = {"kinds": ["complaint"], "minimum_score": 0.6, "categories": ["meals"], "urgent": False}

    def rules(first: dict[str, Any], second: dict[str, Any]) -> tuple[str, ...]:
        def change(data: dict[str, Any]) -> None:
            one, two, last = data["rules"][2], data["rules"][3], data["rules"][-1]
            data["rules"] = [one | {"when": first}, two | {"when": second}, last]

        return changed(change)

    assert any("never matches" in line for line in rules(wide, narrow))
    assert rules(narrow, wide) == ()
    assert rules(wide, narrow | {"minimum_score": 0.4}) == ()
    assert rules({"categories": ["meals"]}, {"categories": ["meals"], "suspected_from": 0.3}) == ()
    assert any(
        "never" in line for line in rules({"categories": ["meals"], "suspected_from": 0.2}, {"categories": ["meals"]})
    )
