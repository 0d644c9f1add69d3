"""Why a decision is as it is, line by line in the reader's language: rule, exceptions, the verdicts' evidence."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from babel import Locale

from procedures.model import Procedure
from procedures.phrases import Phrases, phrases
from procedures.remembering import This
from register.records import Decision, Disposition, Label, Understanding, Verdict


def reasons(
    procedure: Procedure, decision: Decision, understanding: Understanding, language: str, category_title: str
) -> tuple[str, ...]:
    """The reasons of a decision for a role that takes part in the case."""
    this, words = This(procedure), phrases(language)
    evidence = []
    for name, verdict in understanding.questions().items():
        # Names that somebody wrote are not remembered.
        answered = _answer if isinstance(verdict.label, tuple) else _usual_answer
        if answer := answered(this, name, verdict.label, language, category_title):
            evidence.append(answer + _why(verdict))
    return (*_rule(procedure, decision, language), *_exceptions(procedure, decision, understanding, words), *evidence)


def _rule(procedure: Procedure, decision: Decision, language: str) -> Iterator[str]:
    for rule in procedure.rules:
        if rule.id == decision.rule:
            yield f"{procedure.in_language(rule.says, language)} ({rule.clause})"


def _exceptions(
    procedure: Procedure, decision: Decision, understanding: Understanding, words: Phrases
) -> Iterator[str]:
    if decision.rule in words.reasons:
        yield words.reasons[decision.rule]
    if understanding.urgent.label is True:
        yield words.reasons["urgent"]
    if decision.excluded:
        yield words.reasons["excluded"]
    if not decision.examined:
        yield words.reasons["not_examined"]
    if decision.unit is None and len(procedure.units) > 1 and decision.disposition is Disposition.REGISTERED:
        yield words.reasons["unit_unknown"]


def _answer(this: This, name: str, label: Label, language: str, category_title: str) -> str:
    """A question and its answer; empty where there is nothing to say."""
    words = phrases(language)
    value = _value(this.procedure, words, name, label, language, category_title)
    return f"{words.questions.get(name, name)}: {value}" if value else ""


#: depends on what it is handed and on the program's wording files
_usual_answer = lru_cache(maxsize=2048)(_answer)


def _value(procedure: Procedure, words: Phrases, name: str, label: Label, language: str, category_title: str) -> str:
    if (
        label is None
        or label == ()
        or (label is False and name in ("urgent", "anonymous", "dissatisfied", "asks_status"))
    ):
        return ""
    if isinstance(label, bool):
        return words.yes if label else words.no
    if isinstance(label, tuple):
        return ", ".join(_role_title(procedure, one, language) for one in label)
    unit = procedure.unit(label) if name == "unit" else None
    if unit:
        return procedure.in_language(unit.name, language)
    if name == "category":
        return category_title or label
    if name == "language":
        return _language(label, language)
    return words.kinds.get(label, label)


@cache
def _language(code: str, language: str) -> str:
    return str(Locale(language).languages.get(code, code))


def _role_title(procedure: Procedure, name: str, language: str) -> str:
    role = procedure.role(name)
    return procedure.in_language(procedure.title(role), language) if role else name


def _why(verdict: Verdict) -> str:
    quoted = "; ".join([f"”{one}”" for one in verdict.because])
    sure = f" ({round(verdict.score * 100)} %)" if verdict.score else ""
    return f"{sure} – {quoted}" if quoted else sure
