"""The providers as the environment describes them."""

from aura_site.dotenv import read_dotenv
from aura_site.environment import Environment
from aura_site.model_servers import model_servers


def servers(tmp_path, **variables):
    env = Environment(variables, read_dotenv(tmp_path / ".env"))
    return model_servers(env), env.problems


def test_nothing_set_gives_the_three_that_aura_knows(tmp_path):
    registry, problems = servers(tmp_path)
    assert list(registry) == ["openrouter", "local", "offline"]
    assert registry["openrouter"].base_url == "https://openrouter.ai/api/v1"
    assert registry["local"].base_url == "http://127.0.0.1:11434/v1"
    assert problems == []


def test_openrouter_takes_its_address_and_key(tmp_path):
    registry, _ = servers(
        tmp_path, OPENROUTER_BASE_URL="http://127.0.0.1:9/v1/", OPENROUTER_API_KEY="$k"
    )
    assert registry["openrouter"].base_url == "http://127.0.0.1:9/v1"
    assert registry["openrouter"].key == "$k"


def test_another_provider_is_two_variables_and_a_name(tmp_path):
    registry, _ = servers(
        tmp_path,
        AURA_PROVIDERS="groq, my-lab",
        AURA_GROQ_BASE_URL="https://api.groq.com/openai/v1",
        AURA_GROQ_API_KEY="gsk",
        AURA_MY_LAB_BASE_URL="http://lab:8000/v1",
        AURA_MY_LAB_API_KEY="none",
    )
    route = registry.route("groq/llama-3")
    assert (route.provider.name, route.model) == ("groq", "llama-3")
    assert registry["my-lab"].problem == ""


def test_a_named_provider_without_its_variables_says_which_to_set(tmp_path):
    registry, _ = servers(tmp_path, AURA_PROVIDERS="groq")
    assert "AURA_GROQ_BASE_URL" in registry["groq"].problem


def test_a_name_that_cannot_be_is_reported_and_left_out(tmp_path):
    registry, problems = servers(tmp_path, AURA_PROVIDERS="openrouter,a b,groq,groq")
    assert list(registry) == ["openrouter", "local", "offline", "groq"]
    assert [problem.name for problem in problems] == ["AURA_PROVIDERS"] * 3


def test_local_models_are_mapped_to_names_of_the_server(tmp_path):
    registry, _ = servers(tmp_path, AURA_LOCAL_MODELS="small=llama3.2:1b")
    assert registry.route("local/small").model == "llama3.2:1b"
    assert registry.route("local/phi-3-mini-4k").model == "phi3:mini"
