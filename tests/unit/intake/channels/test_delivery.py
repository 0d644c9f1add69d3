"""What makes a repeated delivery recognisable."""

from __future__ import annotations

from intake.channels._delivery import external_id


def test_the_order_of_recipients_makes_no_difference() -> None:
    assert external_id(b"x", "a", ("hej@a.se", "info@a.se")) == external_id(b"x", "a", ("info@a.se", "hej@a.se"))


def test_content_organisation_and_recipients_each_make_a_difference() -> None:
    ids = {
        external_id(content, organisation, recipients)
        for content in (b"x", b"y")
        for organisation in ("a", "b")
        for recipients in (("hej@a.se",), ("info@a.se",), ("hej@a.se", "info@a.se"))
    }
    assert len(ids) == 12
    assert all(len(one) == 64 for one in ids)
