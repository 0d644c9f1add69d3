"""Reading whole messages with the shipped artefact."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from classifiers import Classifiers
from classifiers.model import Model
from register.records import OrganisationFacts

Organisations = dict[str, OrganisationFacts]

NUTS = (
    "Hej! Vår dotter är nötallergiker och fick nötkaka till mellanmål på Gärdet i går. "
    "Vi vill att ni utreder hur det gick till."
)


def test_importing_the_room_loads_nothing_heavy() -> None:
    """The command line starts fast: spaCy, numpy, scikit-learn and onnxruntime are loaded only by `load`."""
    code = (
        "import classifiers, sys; classifiers.categories(); classifiers.languages();"
        "print([name for name in ('spacy', 'numpy', 'sklearn', 'onnxruntime', 'scipy') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert out.stdout.strip() == "[]"


def test_a_plain_complaint_is_understood(reader: Classifiers, organisations: Organisations) -> None:
    """B2, B3, D5: kind, category, unit, wish and gist of an ordinary complaint, each with evidence."""
    found = reader.classify(subject="Allergi", body=NUTS, organisation=organisations["alexanderskolan"])
    assert found.language.label == "sv"
    assert found.kind.label == "complaint"
    assert found.category.label == "meals"
    assert found.unit.label == "Gärdet"
    assert found.wants_investigation.label is True
    assert found.anonymous.label is False
    assert "nötkaka" in found.gist
    assert found.category.because


@pytest.mark.parametrize(
    "body",
    [
        "Min son är försvunnen, ingen vet var han är, han skulle vara på skolan. Ring mig NU",
        "Датчето ми не може да диша, устните ѝ са сини, звъннете на 112 веднага!",
        "en gutt i 9b viste kniv i dag og sa at han skal ta broren min etter siste time",
        "My friend in year 8 sent a goodbye message and says she will take all the pills tonight. Please help",
    ],
)
def test_danger_is_seen_in_every_language(reader: Classifiers, body: str) -> None:
    """C6, G7: danger to a child is seen, with the sentence that says so."""
    found = reader.classify(subject="", body=body, channel="chat")
    assert found.urgent.label is True
    assert found.urgent.because


def test_fury_alone_is_not_danger(reader: Classifiers) -> None:
    found = reader.classify(
        subject="AKUT!!!", body="NU FÅR DET VARA NOG!!! FAKTURAN ÄR FEL FÖR TREDJE GÅNGEN. RÄTTA DEN OMEDELBART!!!"
    )
    assert found.urgent.label is False


@pytest.mark.parametrize(
    "body",
    [
        "Домашните на дъщеря ми не се проверяват от септември. Това е недопустимо.",
        "Skolan har inte utrett vad som hände på rasten. Det är dåligt.",
        "Saken ble ikke undersøkt av noen. Det er for dårlig.",
    ],
)
def test_that_nobody_looked_into_it_is_no_wish_that_nobody_should(reader: Classifiers, body: str) -> None:
    """B2: the negation must reach the wish."""
    assert reader.classify(subject="", body=body).wants_investigation.label is not False


@pytest.mark.parametrize(
    "body",
    [
        "Не искам да се проверява нищо, само да знаете, че супата беше студена.",
        "Jag vill inte att ni utreder det här, ville bara att ni vet att soppan var kall.",
        "Jeg vil ikke at dere skal granske dette, vil bare si fra om at suppa var kald.",
    ],
)
def test_who_wants_no_investigation_is_heard(reader: Classifiers, body: str) -> None:
    """B2."""
    assert reader.classify(subject="", body=body).wants_investigation.label is False


def test_who_asks_to_stay_unnamed_is_anonymous(reader: Classifiers) -> None:
    """C3: asking to stay unnamed is heard."""
    found = reader.classify(subject="", body="Jag vill vara anonym. Toaletterna på skolan är trasiga och luktar illa.")
    assert found.anonymous.label is True
    assert found.anonymous.because == ("anonym",)


def test_without_an_organisation_nothing_is_said_of_units(reader: Classifiers) -> None:
    assert reader.classify(subject="", body="Det gäller 6B på Gärdet").unit.label is None


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("", ""),
        ("\0\0", "\0" * 50),
        ("x", "a" * 1_000_000),
        ("\ud800", "lone \udfff surrogate"),
        ("?", "!" * 100_000),
        ("🙂", "🙂" * 5_000),
        ("Re: " * 5_000, "> quoted\n" * 50_000),
        ("", "word " * 200_000),
        ("", "\n" * 100_000),
    ],
    ids=["empty", "nul", "endless", "surrogates", "signs", "emoji", "quotes", "megabyte", "lines"],
)
def test_any_text_gives_an_answer(reader: Classifiers, subject: str, body: str) -> None:
    found = reader.classify(subject=subject, body=body)
    assert found.language.label
    assert len(found.gist) <= 300
    assert all(0.0 <= verdict.score <= 1.0 for verdict in found.questions().values())


def test_a_megabyte_takes_bounded_time(reader: Classifiers) -> None:
    """Only the beginning and the end are looked at: a hundred times the text takes no hundred times as long."""
    reader.classify(subject="", body=NUTS)
    started = time.perf_counter()
    reader.classify(subject="", body=f"{NUTS}\n" * 20_000)
    assert time.perf_counter() - started < 30


def test_threads_may_share_the_classifiers(reader: Classifiers) -> None:
    bodies = [NUTS, "Tack för allt, ni är bäst!", "Når er det planleggingsdag?", "Автобусът пак закъсня"] * 3
    alone = [reader.classify(subject="", body=body) for body in bodies]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda body: reader.classify(subject="", body=body), bodies))
    assert [one.kind for one in together] == [one.kind for one in alone]


def test_without_the_embedding_the_words_decide_and_say_so() -> None:
    found = Classifiers(Model.load()).classify(subject="Allergi", body=NUTS)
    assert found.category.label in (None, "meals")
    assert found.kind.by.endswith(" words")


def test_latin_letter_bulgarian_is_bulgarian(reader: Classifiers, organisations: Organisations) -> None:
    body = "zdraveite, sinyt mi e v 5ti klas i pak nqma nikoi v stola, decata sa gladni. tova e za treti pyt"
    found = reader.classify(subject="", body=body, channel="chat", organisation=organisations["st_george"])
    assert found.language.label == "bg"
    assert found.unit.label == "secondary"


def test_a_quoted_answer_is_not_read_as_the_senders_own_words(reader: Classifiers) -> None:
    body = (
        "Tack, det räcker bra så!\n\n> Den 3 maj skrev Anna:\n> Jag vill vara anonym och kräver en utredning om kniven."
    )
    found = reader.classify(subject="SV: Ert ärende", body=body)
    assert found.anonymous.label is False
    assert found.urgent.label is False


@pytest.mark.parametrize(
    "body",
    [
        "Min son är borta",
        "de slår mig",
        "Hjälp mig",
        "Бият ме",
        "помощ",
        "детето ми го няма",
        "my son is missing",
        "help",
        "jeg orker ikke mer",
        "ho slo meg",
        "Poikaani hakataan",
        "syn zaginął",
        "ضربوا ابني",
        "Klagomål",
        "I want to complain",
    ],
)
def test_a_few_grave_words_are_never_taken_for_nothing(reader: Classifiers, body: str) -> None:
    """A person in a hurry is registered, whatever so few words may mean."""
    assert reader.classify(subject="", body=body, channel="chat").kind.label != "other"


@pytest.mark.parametrize("body", ["Hej", "ok", "👍", "Добър ден", "ja", "test"])
def test_what_says_nothing_is_nothing(reader: Classifiers, body: str) -> None:
    assert reader.classify(subject="", body=body, channel="chat").kind.label == "other"


def test_what_is_passed_on_with_a_short_note_is_read(reader: Classifiers) -> None:
    """The complaint stands below the heading of the mail that is passed on; an answer's quotation is not read."""
    passed_on = f"Hej, kan ni ta den här?\n\nFrån: Lärare <larare@skola.example>\nÄmne: Nötter\n\n{NUTS}"
    assert reader.classify(subject="VB: Nötter", body=passed_on).category.label == "meals"
    assert reader.classify(subject="SV: Nötter", body=passed_on).category.label != "meals"
