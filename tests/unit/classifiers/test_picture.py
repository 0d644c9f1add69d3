"""The confusion matrix as a picture."""

from __future__ import annotations

from xml.etree import ElementTree

from classifiers.picture import confusion

COUNTS = {
    ("kind", "complaint", "complaint"): 8,
    ("kind", "complaint", "concern"): 2,
    ("category", "meals", "meals"): 5,
}


def test_every_answer_of_the_question_is_drawn_with_its_count() -> None:
    root = ElementTree.fromstring(confusion(COUNTS, "kind"))
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text and text.isdigit()] == ["8", "2"]
    assert "meals" not in texts


def test_equal_figures_give_equal_pictures() -> None:
    assert confusion(COUNTS, "category") == confusion(dict(reversed(COUNTS.items())), "category")
