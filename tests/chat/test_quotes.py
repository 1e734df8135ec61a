"""Titles with quotation marks of their own, inside a sentence that quotes them."""

from bot.flows.seller import TEXTS
from chat.messages import words
from chat.texts import Texts


def said(title: str) -> str:
    """Say a question about an event, as an organiser reads it."""
    return Texts(TEXTS).render(words("helping.about", title=title), "fr")


def test_marks_inside_marks_are_of_the_other_kind() -> None:
    """« Soirée « Coco » » is written with “ ” inside; what is not closed stays as it was typed."""
    assert "Soirée “Coco”" in said("Soirée « Coco »")
    assert said("Soirée « Coco »").count("«") == 1
    assert said("Soirée « Coco").count("«") == 2
