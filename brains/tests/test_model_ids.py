"""Model ids and variables wrap only where a person would cut them."""

import pytest

from brains.templatetags.model_ids import variables


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("preset Budget", "preset Budget"),
        (
            "AURA_L1_MODEL in .env",
            '<span class="aura-variable">AURA_<wbr>L1_<wbr>MODEL</span> in .env',
        ),
        ("preset <b>A</b>", "preset &lt;b&gt;A&lt;/b&gt;"),
        (
            "<i> A_B",
            '&lt;i&gt; <span class="aura-variable">A_<wbr>B</span>',
        ),
    ],
)
def test_names_of_variables_wrap_after_an_underscore(text, html):
    assert variables(text) == html
