"""What `Environment` makes of real variables over a .env file, and of bad values."""

import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from aura_site.dotenv import DotenvFile
from aura_site.environment import Environment, SettingProblem


def environment(
    environ: Mapping[str, str] | None = None, dotenv: Mapping[str, str] | None = None
) -> Environment:
    file = DotenvFile(Path(".env"), "found", "", dotenv or {}, (), "")
    return Environment(environ or {}, file)


def test_a_real_variable_wins_over_the_file():
    settings = environment({"K": "real"}, {"K": "file"})

    assert settings.text("K") == "real"
    assert settings.source("K") == "env"


@pytest.mark.parametrize("blank", ["", "   ", "\u00a0", "# only a comment", "  #x"])
def test_a_blank_real_variable_leaves_the_file_s_value(blank):
    settings = environment({"K": blank}, {"K": "file"})

    assert settings.text("K", "default") == "file"
    assert settings.source("K") == "dotenv"


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_value_blank_everywhere_is_the_default(blank):
    settings = environment({"K": blank}, {"K": blank})

    assert settings.text("K", "default") == "default"
    assert settings.integer("K", 1536) == 1536
    assert settings.source("K") == "default"
    assert settings.problems == []


def test_a_comment_inside_a_real_variable_is_cut():
    line = "local/phi-3-mini-4k  # If running local Ollama"
    settings = environment({"AURA_L1_MODEL": line})

    assert settings.text("AURA_L1_MODEL") == "local/phi-3-mini-4k"


def test_a_quoted_comment_from_the_file_stays():
    assert environment(dotenv={"K": " a # b "}).text("K") == "a # b"


@pytest.mark.parametrize(
    "value", ["$OTHER", "$K", "$", "$$a", "pa$OTHER", "${OTHER}", r"\$a", r"\\$a$"]
)
def test_a_dollar_is_only_a_character(value):
    settings = environment({"K": value, "OTHER": "other"})

    assert settings.text("K") == settings.secret("K") == value
    assert settings.items("K") == (value,)


def test_a_default_may_begin_with_a_dollar():
    assert environment({"OTHER": "other"}).text("K", "$OTHER") == "$OTHER"


def test_an_unset_secret_is_blank():
    assert environment().secret("AURA_API_KEY") == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1536", 1536),
        (" 1536 ", 1536),
        ("1536 # dim", 1536),
        ("1_536", 1536),
        ("١٥٣٦", 1536),
        ("+7", 7),
        ("-1", -1),
    ],
)
def test_a_whole_number_is_read_as_int_reads_it(value, expected):
    assert environment({"K": value}).integer("K", 0) == expected


@pytest.mark.parametrize(
    "value", ["1536.0", "1e3", "abc", "0x10", "$OTHER", "1 536", "9" * 5000]
)
def test_what_is_no_whole_number_gives_the_default(value):
    settings = environment({"K": value, "OTHER": "1"})

    assert settings.integer("K", 1536) == 1536
    assert [problem.name for problem in settings.problems] == ["K"]


def seconds(value):
    settings = environment({"K": value})
    return settings, settings.numbers("K", ("first", "total"), above=0, maximum=60)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("first=2", {"first": 2.0}),
        ("first=.5, total = 60", {"first": 0.5, "total": 60.0}),
        ("first=1e-3 # quick", {"first": 0.001}),
    ],
)
def test_numbers_are_read_by_name(value, expected):
    settings, numbers = seconds(value)
    assert numbers == pytest.approx(expected)
    assert settings.problems == []


@pytest.mark.parametrize(
    "value",
    [
        *("2", "first", "first=", "other=2", "first=5s", "first=1.5.2", "first=nan"),
        *("first=inf", "first=0", "first=-1", "first=61", "first=1,total=x"),
    ],
)
def test_numbers_of_which_one_is_wrong_are_all_refused(value):
    settings, numbers = seconds(value)
    assert numbers == {}
    [problem] = settings.problems
    assert "each above 0 and up to 60" in problem.hint


@pytest.mark.parametrize(
    ("minimum", "maximum", "wanted"),
    [
        (1, None, "a whole number of at least 1"),
        (None, -1, "a whole number of at most -1"),
        (1, 5, "a whole number from 1 to 5"),
    ],
)
def test_a_number_out_of_bounds_gives_the_default(minimum, maximum, wanted):
    settings = environment({"K": "0"})

    assert settings.integer("K", 3, minimum=minimum, maximum=maximum) == 3
    assert settings.problems[0].hint == f"Set K to {wanted}, or remove it."


def test_bounds_belong_to_the_range():
    settings = environment({"LOW": "1", "HIGH": "5"})

    assert settings.integer("LOW", 3, minimum=1, maximum=5) == 1
    assert settings.integer("HIGH", 3, minimum=1, maximum=5) == 5
    assert settings.problems == []


@pytest.mark.parametrize("word", ["true", "True", "on", "OK", "y", "yes", "1"])
def test_words_for_yes_are_true(word):
    assert environment({"K": f"{word} # debug"}).boolean("K", False) is True


@pytest.mark.parametrize("word", ["false", "False", "off", "n", "NO", "0"])
def test_words_for_no_are_false(word):
    assert environment({"K": word}).boolean("K", True) is False


@pytest.mark.parametrize("word", ["enabled", "2", "-", "$OTHER", "tru"])
@pytest.mark.parametrize("default", [True, False])
def test_an_unknown_word_is_the_default_and_no_silent_false(word, default):
    settings = environment({"K": word, "OTHER": "1"})

    assert settings.boolean("K", default) is default
    assert settings.problems[0].hint == "Set K to true or false, or remove it."


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", ("a",)), (" a , b,,c,", ("a", "b", "c")), ("(a),b", ("(a)", "b"))],
)
def test_items_are_stripped_and_blank_ones_dropped(value, expected):
    assert environment({"K": value}).items("K") == expected


def test_unset_items_are_the_default():
    assert environment().items("K", ["a", "b"]) == ("a", "b")


def test_commas_alone_are_refused():
    settings = environment({"K": " , ,"})

    assert settings.items("K", ("a",)) == ("a",)
    assert settings.mapping("K") == {}
    assert len(settings.problems) == 2


def test_pairs_are_stripped_and_keep_later_equals_signs():
    settings = environment({"K": "phi-3-mini-4k = phi3:mini, a=b=c,"})

    assert settings.mapping("K") == {"phi-3-mini-4k": "phi3:mini", "a": "b=c"}
    assert settings.mapping("UNSET") == {}


@pytest.mark.parametrize("value", ["a", "a=b,c", "=b", "a=", "a=b,=", "$OTHER"])
def test_a_bad_pair_refuses_the_whole_list(value):
    settings = environment({"K": value, "OTHER": "a=b"})

    assert settings.mapping("K") == {}
    assert settings.problems[0].hint == (
        "Set K to a list of pairs such as a=b,c=d, or remove it."
    )


@pytest.mark.fault("E8")
@pytest.mark.parametrize(
    ("environ", "dotenv", "source", "place"),
    [
        ({"PORT": "80a"}, {"PORT": "81"}, "env", "the environment"),
        ({}, {"PORT": "80a"}, "dotenv", "the .env file"),
    ],
)
def test_a_problem_names_variable_source_and_value(environ, dotenv, source, place):
    settings = environment(environ, dotenv)

    assert settings.integer("PORT", 8080, minimum=1, maximum=65535) == 8080
    wanted = "a whole number from 1 to 65535"
    reason = f"PORT in {place} ('80a') is not {wanted}; its default is used."
    hint = f"Set PORT to {wanted}, or remove it."
    assert settings.problems == [SettingProblem("PORT", source, reason, hint)]


def test_a_problem_read_twice_is_reported_once():
    settings = environment({"PORT": "80a"})
    settings.integer("PORT", 8080)
    settings.integer("PORT", 8080)

    assert len(settings.problems) == 1


def test_a_long_value_is_shown_cut_and_escaped():
    settings = environment({"PORT": "\u202e" + "x" * 500})
    settings.integer("PORT", 8080)

    shown = "('\\u202e" + "x" * 72 + "…)"
    assert shown in settings.problems[0].reason
    assert len(shown) == 80 + len("()")


@pytest.mark.fault("E8")
@pytest.mark.parametrize(
    "name",
    ["AURA_API_KEY", "SECRET_NUMBER", "DB_PASSWORD", "my_token", "DATABASE_URL"],
)
@pytest.mark.parametrize("value", ["s3cr3t", "$ecr3t", "a=b,s3cr3t", "1.5.s3cr3t"])
def test_a_secret_s_value_is_never_shown(name, value, caplog):
    caplog.set_level(logging.DEBUG)
    settings = environment({name: value})
    settings.integer(name, 1)
    settings.numbers(name, ("a",), above=0, maximum=1)
    settings.boolean(name, False)
    settings.mapping(name)

    assert len(settings.problems) == 4
    assert name in settings.problems[0].reason
    assert "cr3t" not in repr(settings.problems) + repr(settings) + caplog.text


def test_a_rung_gives_its_own_values_only():
    settings = environment(
        {"A": "env # comment", "B": " ", "C": "env"}, {"A": "file", "B": "file"}
    )
    names = ["A", "B", "D"]

    assert settings.rung("env", names) == {"A": "env"}
    assert settings.rung("dotenv", names) == {"A": "file", "B": "file"}
    assert settings.rung("default", names) == {}


def test_a_later_change_of_the_process_environment_is_not_seen():
    environ = {"K": "1"}
    settings = environment(environ)
    environ["K"] = "2"

    assert settings.integer("K", 0) == 1


WORDS = {"auto": "auto", "off": "off", "no": "off"}


@pytest.mark.parametrize(
    ("given", "meant"), [("AUTO", "auto"), ("No", "off"), ("off  # never", "off")]
)
def test_a_word_is_taken_in_any_case_for_what_it_stands_for(given, meant):
    assert environment({"K": given}).word("K", "auto", WORDS) == meant


def test_a_word_that_is_none_of_the_known_gives_the_default_and_names_them():
    settings = environment({"K": "maybe"})

    assert settings.word("K", "auto", WORDS) == "auto"
    assert "auto, off, no" in settings.problems[0].reason


def test_a_secret_that_is_cut_at_a_comment_is_reported_without_showing_it():
    settings = environment({"AURA_ADMIN_PASSWORD": "correct horse #1 battery"})

    assert settings.secret("AURA_ADMIN_PASSWORD") == "correct horse"
    (problem,) = settings.problems
    assert "AURA_ADMIN_PASSWORD in the environment was cut" in problem.reason
    assert "horse" not in problem.reason + problem.hint


@pytest.mark.parametrize("secret", ["plain", "with#hash", " spaced ", "# only", ""])
def test_a_secret_that_is_whole_is_not_reported(secret):
    settings = environment({"KEY": secret})
    settings.secret("KEY")

    assert settings.problems == []


@pytest.mark.parametrize("value", ["nan", "-0.1", "1001", "inf", "many", "1,5"])
def test_a_number_that_cannot_be_is_refused(value):
    settings = environment({"MOST": value})

    assert settings.number("MOST", 0.1, maximum=1000) == 0.1
    [problem] = settings.problems
    assert problem.name == "MOST" and "a number from 0 to 1000" in problem.reason


@pytest.mark.parametrize(("value", "number"), [("0", 0.0), ("0.25", 0.25), ("", 0.1)])
def test_a_number_is_read(value, number):
    assert environment({"MOST": value}).number("MOST", 0.1, maximum=1000) == number
