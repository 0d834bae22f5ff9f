"""What is kept of a client's chat: nothing by default; with the setting on what it asked and
was answered, sealed."""

import stat

import pytest

from gateway.kept import keeper
from gateway.kept.keeper import KEEPER
from gateway.kept.models import KeptExchange
from gateway.kept.sealing import key_file, seal, seal_if_any
from gateway.kept.texts import SIZE_MAX, unpack
from gateway.tests.kept import CANARY, MESSAGES, asked, files_with
from tests.waiting import wait_until

pytest_plugins = ("gateway.tests.call_databases",)

MODEL = "deepseek/deepseek-chat"
CHAT = {
    "model": "aura/l3",
    "messages": MESSAGES,
    "temperature": 0.5,
    "user": "ann",
}
STREAM = CHAT | {"stream": True}
CALL = {"index": 0, "id": "a", "function": {"name": "find", "arguments": '{"x": 1}'}}


@pytest.fixture(autouse=True)
def _serving(alive, ring, own_sqlite, tmp_path, settings):
    settings.AURA_DATA_DIR = tmp_path


@pytest.fixture
def keeping(monkeypatch):
    """Exchanges are kept, when the test writes them."""
    monkeypatch.setattr(KEEPER, "is_on", True)
    yield KEEPER
    KEEPER._reset()


def texts_of(row):
    return unpack(seal_if_any(), row.sealed, row.call_id)


def test_a_chat_is_kept_with_its_texts_and_figures(keeping, registry):
    [answer] = asked(registry, CHAT)
    keeping.write()
    [row] = KeptExchange.objects.all()
    assert row.call_id == answer.headers["x-request-id"]
    assert (row.layer, row.model, row.preset) == ("l3", MODEL, "Default")
    assert (row.revision, row.is_streamed, row.is_cut) == (7, False, False)
    assert row.input_tokens and row.output_tokens and row.cost_usd is not None
    assert row.duration_s > 0 and row.first_chunk_s is None
    texts = texts_of(row)
    assert texts.asked == {"messages": MESSAGES, "temperature": 0.5}
    assert texts.reply == answer.json()["choices"][0]["message"]["content"]


def test_the_reply_of_a_stream_is_joined(keeping, registry):
    asked(registry, STREAM)
    keeping.write()
    [row] = KeptExchange.objects.all()
    assert row.is_streamed and row.first_chunk_s is not None
    more = f", {MODEL} goes on"
    assert texts_of(row).reply == f"{MODEL} says hello{more}{more}"


@pytest.mark.parametrize("body", [CHAT, STREAM])
def test_what_a_model_wants_to_call_is_part_of_its_reply(
    keeping, registry, upstream, body
):
    upstream.script(tool_calls=[CALL])
    asked(registry, body)
    keeping.write()
    assert '→ find({"x": 1})' in texts_of(KeptExchange.objects.get()).reply


@pytest.mark.fault("W13")
def test_by_default_nothing_is_kept_anywhere(registry, tmp_path):
    asked(registry, CHAT, STREAM)
    KEEPER.write()
    assert not KeptExchange.objects.exists()
    assert files_with(tmp_path, CANARY) == files_with(tmp_path, "says hello") == []
    assert not key_file().exists()


@pytest.mark.fault("W13")
def test_kept_texts_stand_nowhere_as_they_are(keeping, registry, tmp_path, caplog):
    asked(registry, CHAT, STREAM)
    keeping.write()
    assert KeptExchange.objects.count() == 2
    assert files_with(tmp_path, CANARY) == files_with(tmp_path, "says hello") == []
    assert CANARY not in caplog.text


def test_the_key_is_for_its_owner_alone(tmp_path):
    assert seal() == seal_if_any()
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("kept*")] == ["kept_exchanges.key"]
    assert seal().key.hex() not in repr(seal())


def test_a_file_that_holds_no_key_is_replaced(caplog):
    key_file().write_text("not a key")
    assert seal().key
    assert "another one is made" in caplog.text


@pytest.mark.parametrize(
    ("body", "behaviour"),
    [(CHAT, {"status": 500}), (STREAM, {"status": 500}), (STREAM, {"drop_after": 1})],
)
def test_a_call_that_failed_is_not_kept(keeping, registry, upstream, body, behaviour):
    upstream.script(**behaviour)
    asked(registry, body)
    keeping.write()
    assert not KeptExchange.objects.exists()


@pytest.mark.fault("W13")
def test_a_long_exchange_is_cut_and_marked(keeping, registry, tmp_path):
    long = {"role": "user", "content": "x" * SIZE_MAX}
    asked(registry, CHAT | {"messages": [*MESSAGES, long]})
    keeping.write()
    [row] = KeptExchange.objects.all()
    assert row.is_cut and len(row.sealed) < SIZE_MAX
    assert texts_of(row).last_message.endswith("[cut]")


def test_what_waits_is_bounded(keeping, registry, monkeypatch):
    monkeypatch.setattr(keeper, "WAITING_MAX", 2)
    asked(registry, *[CHAT] * 3)
    keeping.write()
    assert KeptExchange.objects.count() == 2


def test_past_the_share_of_a_minute_nothing_is_kept(keeping, registry, monkeypatch):
    monkeypatch.setattr(keeper, "PER_MINUTE", 0)
    asked(registry, CHAT)
    keeping.write()
    assert not KeptExchange.objects.exists()


def test_without_the_database_they_are_lost_and_said_without_a_word_of_them(
    keeping, registry, own_sqlite, tmp_path, caplog
):
    asked(registry, CHAT)
    own_sqlite.fail()
    KEEPER.start()
    wait_until(lambda: "cannot be kept just now" in caplog.text, "the keeper to fail")
    KEEPER.stop()
    assert CANARY not in caplog.text
    assert files_with(tmp_path, CANARY) == []


def test_the_thread_writes_by_itself_and_what_waits_at_the_end(registry):
    KEEPER.start()
    asked(registry, CHAT)
    wait_until(KeptExchange.objects.exists, "the keeper to write")
    asked(registry, STREAM)
    KEEPER.stop()
    assert KeptExchange.objects.count() == 2
    assert not KEEPER.is_on
