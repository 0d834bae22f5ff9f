"""Deadlines come from the environment, step by step over the built-in ones."""

import dataclasses
from pathlib import Path

from aura_site.deadlines import deadlines
from aura_site.dotenv import DotenvFile
from aura_site.environment import Environment
from gateway.deadlines import DEADLINES


def environment(**values):
    return Environment(values, DotenvFile(Path(".env"), "found", "", {}, (), ""))


def test_without_variables_they_are_the_built_in_ones():
    assert deadlines(environment()) == DEADLINES


def test_first_chunk_of_l1_is_due_after_two_seconds():
    assert DEADLINES["l1"].first_chunk_s == 2


def test_one_step_of_one_layer_can_be_set():
    found = deadlines(environment(AURA_L2_DEADLINES="first_chunk=90"))
    assert found["l2"] == dataclasses.replace(DEADLINES["l2"], first_chunk_s=90)
    assert {**found, "l2": DEADLINES["l2"]} == DEADLINES


def test_every_step_can_be_set():
    text = "connect=1,first_chunk=0.5,between_chunks=3,total=4"
    l1 = deadlines(environment(AURA_L1_DEADLINES=text))["l1"]
    steps = (l1.connect_s, l1.first_chunk_s, l1.between_chunks_s, l1.total_s)
    assert steps == (1, 0.5, 3, 4)


def test_a_wrong_step_leaves_the_built_in_ones_and_is_told():
    env = environment(AURA_EMBEDDING_DEADLINES="frist_chunk=1")
    assert deadlines(env) == DEADLINES
    [problem] = env.problems
    assert problem.name == "AURA_EMBEDDING_DEADLINES"
    assert "connect, first_chunk, between_chunks, total" in problem.hint
