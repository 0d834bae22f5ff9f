"""Which texts are merely questions."""

import pytest

from cognition.memory.questions import is_question


@pytest.mark.parametrize(
    "text",
    [
        "What is my cat called?",
        "  Who? And where? ",
        "Is 3.5 enough?",
        "\u201cIs it?\u201d",
        "Really?!",
        "Where is it?\n\nAnd when?",
        "\u00bfC\u00f3mo se llama mi gato?",
        "\u4f60\u53eb\u4ec0\u4e48\uff1f\u4f60\u5728\u54ea\uff1f",
        "\u0645\u0627 \u0627\u0633\u0645 \u0642\u0637\u062a\u064a\u061f",
    ],
)
def test_a_text_that_asks_and_no_more_is_a_question(text):
    assert is_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "My cat is called Mia.",
        "My cat is called Mia. Is that nice?",
        "My cat is called Mia\nIs that nice?",
        "Is that nice? Her name is Mia",
        "\u6211\u53eb\u5c0f\u660e\u3002\u4f60\u53eb\u4ec0\u4e48\uff1f",
        "She wrote \u201cWhy?\u201d to me",
        "What is my cat called",
        f"Is {'a very ' * 200}long story a question?",
        "",
        "  ",
    ],
)
def test_a_text_that_says_something_is_none(text):
    assert not is_question(text)
