"""A chat model behind a server: what is asked, what goes wrong, and what may be said of it."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import BugError, Cancelled, ModelUnavailable
from simpatient.domain.models.chat import Message, Request, Sampling
from simpatient.llm.output.visible_text import VisibleText
from simpatient.llm.remote import chat_completions as remote_wire
from simpatient.llm.remote.chat_completions import TRIES, streamed
from simpatient.llm.remote.remote_model import RemoteChatModel
from tests.chat_server import ChatServer, Say

TALK = [
    Message(role="system", content="You are Nell."),
    Message(role="user", content="Begin."),
    Message(role="user", content="What brings you here?"),
]
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
ONE = Sampling(max_tokens=40, seed=7)
OVERLOADED = Say(status=429, body={"error": {"message": "slow down"}}, headers={"Retry-After": "0"})
FAULT = Say(status=500, body={"detail": "oops"}, headers={"Retry-After": "0"})


@pytest.fixture
def serve():
    """Return what starts a server with these answers and a model that asks it."""
    opened = []

    def start(*answers, choose=None, trainee="", **settings):
        server = ChatServer(answers or (Say(),), choose=choose).__enter__()
        model = RemoteChatModel(server.settings(**settings), trainee)
        opened.extend((model.close, lambda: server.__exit__()))
        return server, model

    yield start
    for close in opened:
        close()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    """Waits of tries again are not what is looked at, except where told by the server."""
    monkeypatch.setattr(remote_wire, "_pause", lambda state: 0.01)


def said(model, note="", sampling=ONE, cancel=None):
    return model.speak("s", TALK, note, sampling, lambda _: True, cancel=cancel)


def test_nothing_is_opened_before_something_is_asked(serve):
    server, model = serve()
    assert model.model_id == f"remote:tiny@{server.settings().host}"
    model.forget("s")
    model.close()
    assert server.asked == []


def test_the_note_stands_last_and_neighbours_are_joined(serve):
    server, model = serve()
    said(model, "Say little.")
    assert server.asked[0]["messages"] == [
        {"role": "system", "content": "You are Nell."},
        {"role": "user", "content": "Begin.\n\nWhat brings you here?\n\nSay little."},
    ]


def test_the_draw_is_passed_on(serve):
    server, model = serve()
    said(model, sampling=Sampling(max_tokens=33, temperature=0.8, top_p=0.9, seed=5))
    asked = server.asked[0]
    found = {name: asked[name] for name in ("model", "max_tokens", "temperature", "top_p", "seed", "stream")}
    assert found == {
        "model": "tiny", "max_tokens": 33, "temperature": 0.8, "top_p": 0.9, "seed": 5, "stream": True,
    }  # fmt: skip
    with pytest.raises(BugError):
        said(model, sampling=Sampling(samples=2))


def test_an_answer_cut_by_its_length_is_not_whole(serve):
    _, model = serve(Say("Well, I", finish="length"))
    assert not said(model).is_complete


def test_thinking_is_never_passed_on(serve):
    _, model = serve(Say("<think>What would Nell say? Be sad.</think>\n\nI miss the choir."))
    heard = []
    answer = model.speak("s", TALK, "", ONE, lambda piece: heard.append(piece) or True)
    assert answer.text == "".join(heard) == "I miss the choir."


@given(
    st.lists(
        st.sampled_from(["<thi", "nk>", "</think>", "<", "a b", "[THINK]", "[/THI", "NK]", "\n", "é"]), max_size=12
    )
)
def test_pieces_do_not_change_what_is_passed_on(pieces):
    whole, cut = VisibleText(), VisibleText()
    whole.add("".join(pieces))
    whole.finish()
    out = "".join(cut.add(piece) for piece in pieces) + cut.finish()
    assert out == cut.text == whole.text
    assert "<think>" not in out


def test_a_server_that_does_not_stream_is_heard_too(serve):
    _, model = serve(Say("All at once.", streams=False))
    assert said(model).text == "All at once."


@pytest.mark.parametrize("fault", [OVERLOADED, FAULT, Say(drop_after=0)], ids=["429", "500", "drop"])
def test_what_passes_is_tried_again_before_the_first_token(serve, fault):
    server, model = serve(fault, fault, Say("At last."))
    assert said(model).text == "At last."
    assert len(server.asked) == 3


@pytest.mark.parametrize(("fault", "words"), [
    (OVERLOADED, "busy"),
    (FAULT, "has a fault (500)"),
    (Say(drop_after=0), "was lost"),
])  # fmt: skip
def test_what_does_not_pass_is_told_in_the_end(serve, fault, words):
    server, model = serve(fault)
    with pytest.raises(ModelUnavailable, match=words.replace("(", r"\(").replace(")", r"\)")) as caught:
        said(model)
    assert len(server.asked) == TRIES
    assert caught.value.message.count(".") == server.settings().host.count(".") + 1


def test_nothing_is_asked_again_once_words_have_come(serve):
    server, model = serve(Say("I was going to say", drop_after=2), Say("Twice."))
    heard = []
    with pytest.raises(ModelUnavailable, match="was lost"):
        model.speak("s", TALK, "", ONE, lambda piece: heard.append(piece) or True)
    assert len(server.asked) == 1
    assert "".join(heard) == "I was goin"


def test_the_pause_a_server_asks_for_is_kept(serve):
    asks = Say(status=429, body={}, headers={"Retry-After": "1"})
    server, model = serve(asks, Say("Now."))
    started = time.monotonic()
    assert said(model).text == "Now."
    assert time.monotonic() - started >= 1.0
    assert len(server.asked) == 2


def test_a_pause_longer_than_a_trainee_waits_is_not_waited_for(serve):
    server, model = serve(Say(status=503, body={}, headers={"Retry-After": "3600"}))
    with pytest.raises(ModelUnavailable, match="busy"):
        said(model)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("fault", "words"), [
    (Say(status=401, body={"error": "bad key sk-123"}), "does not accept the key"),
    (Say(status=403, body={}), "does not accept the key"),
    (Say(status=404, body={"message": "no such model"}), 'does not have the model "tiny"'),
    (Say(status=400, body={"detail": "Server is pinned to 'x'; requested 'tiny' model."}), "does not have the model"),
    (Say(status=400, body={"error": {"message": "context\nlength exceeded"}}), "refused the request .context length"),
    (Say(status=302, body={}, headers={"Location": "http://127.0.0.1:1/"}), "refused the request .302"),
    (Say(raw=b"<html>hello</html>"), "was lost"),
    (Say(raw=b"data: {not json}\n\n"), "does not understand"),
    (Say(raw=b"data: [1, 2]\n\n"), "does not understand"),
    (Say(raw=b"data: {}\n\n"), "does not understand"),
    (Say(raw=b'data: {"choices": [7]}\n\n'), "does not understand"),
    (Say(raw=b'data: {"error": "out of memory"}\n\n'), "stopped .out of memory"),
    (Say(raw=b"data: " + b"x" * 1_200_000), "does not understand"),
])  # fmt: skip
def test_each_fault_has_its_sentence(serve, fault, words):
    _, model = serve(fault)
    with pytest.raises(ModelUnavailable, match=words) as caught:
        said(model)
    assert caught.value.action
    assert "\n" not in str(caught.value)
    assert "sk-123" not in str(caught.value)


def test_a_server_that_is_not_there(serve):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    _, model = serve(url=url)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        said(model)


def test_a_silent_server_is_not_waited_for_without_end(serve):
    server, model = serve(Say("So so so so", hang_after=0), read_s=0.2)
    server.answers = (Say(raw=b""),)
    server.choose = lambda body: time.sleep(1.0) or Say()
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="did not answer in time"):
        said(model)
    assert time.monotonic() - started < 0.9
    assert len(server.asked) == 1


@pytest.mark.parametrize("hang_after", [0, 1])
def test_cancel_is_heard_in_a_silence_and_ends_the_request(serve, hang_after):
    server, model = serve(Say("One two three", hang_after=hang_after))

    class Soon(CancelToken):
        end = time.monotonic() + 0.4

        @property
        def is_cancelled(self):
            return time.monotonic() > self.end

    started = time.monotonic()
    with pytest.raises(Cancelled):
        said(model, cancel=Soon())
    assert time.monotonic() - started < 1.5
    assert server.hung_up.wait(5)


def test_cancel_is_heard_between_tries(serve):
    server, model = serve(Say(status=429, body={}, headers={"Retry-After": "9"}))

    class Soon(CancelToken):
        @property
        def is_cancelled(self):
            return len(server.asked) > 0

    started = time.monotonic()
    with pytest.raises(Cancelled):
        said(model, cancel=Soon())
    assert time.monotonic() - started < 3


# Salt, key and what a server does not take


def test_each_trainee_has_a_salt_of_their_own(serve):
    salts = {}
    for secret, trainee in (("one", "ann"), ("one", "bob"), ("two", "ann")):
        server, model = serve(trainee=trainee, secret=secret)
        said(model)
        said(model)
        first, second = (asked["cache_salt"] for asked in server.asked)
        assert first == second
        assert trainee not in first
        salts[secret, trainee] = first
    assert len(set(salts.values())) == 3
    server, model = serve(trainee="ann")
    said(model)
    assert "cache_salt" not in server.asked[0]


def _takes_not(*names):
    def choose(body):
        refused = [name for name in names if name in body]
        return Say(status=422, body={"detail": f"Unexpected fields in the request: {refused}"}) if refused else Say()

    return choose


def test_what_a_server_does_not_take_is_dropped_and_not_offered_again(serve):
    server, model = serve(choose=_takes_not("cache_salt", "stream_options"), secret="x")
    assert said(model).text == "Fine."
    said(model)
    assert ["cache_salt" in asked for asked in server.asked] == [True, False, False]
    assert "seed" in server.asked[-1]


def test_a_schema_too_hard_for_a_server_is_still_offered_next_time(serve):
    server, model = serve(choose=_takes_not("response_format"))
    request = Request(messages=(Message(role="user", content="Rate."),), answer_schema=SCHEMA)
    for _ in range(2):
        model.complete((), [request], ONE)
    assert ["response_format" in asked for asked in server.asked] == [True, False, True, False]


def test_a_request_refused_for_another_reason_is_not_stripped(serve):
    server, model = serve(Say(status=400, body={"error": {"message": "too many tokens"}}), secret="x")
    with pytest.raises(ModelUnavailable, match="too many tokens"):
        said(model)
    assert len(server.asked) == 1


def test_the_key_goes_to_the_server_and_nowhere_else(serve, monkeypatch, caplog):
    monkeypatch.setenv("PROGRAM_KEY", "sk-secret-1")
    caplog.set_level("DEBUG")
    echo = Say(status=400, body={"error": "cannot do that for sk-secret-1"})
    server, model = serve(Say(), echo, key_variable="PROGRAM_KEY")
    said(model)
    assert server.headers[0]["authorization"] == "Bearer sk-secret-1"
    with pytest.raises(ModelUnavailable) as caught:
        said(model)
    assert "sk-secret" not in str(caught.value) + repr(server.settings()) + model.model_id + caplog.text


# Answering requests


def _requests(count):
    return [Request(messages=(Message(role="user", content=f"Number {at}"),)) for at in range(count)]


def test_every_request_gets_its_samples_in_order(serve):
    def choose(body):
        time.sleep(0.05)
        return Say(f"{body['messages'][-1]['content']} seed {body['seed']}")

    server, model = serve(choose=choose)
    done = []
    found = model.complete(TALK[:1], _requests(6), Sampling(samples=2, seed=3), on_done=done.append)
    assert [[answer.text.split(" seed ")[0] for answer in answers] for answers in found] == [
        [f"Number {at}"] * 2 for at in range(6)
    ]
    assert len({answers[0].text.split()[-1] for answers in found}) == 1
    assert found[0][0].text != found[0][1].text
    assert done == [1, 2, 3, 4, 5, 6]
    assert 1 < server.most_at_once <= 8
    assert model.complete((), [], ONE) == ()


def test_a_schema_goes_along_and_a_fence_around_the_answer_goes(serve):
    server, model = serve(Say('```json\n{"a": 1}\n```'))
    request = Request(messages=(Message(role="user", content="Rate."),), answer_schema=SCHEMA)
    ((answer,),) = model.complete((), [request], ONE)
    assert json.loads(answer.text) == {"a": 1}
    assert server.asked[0]["response_format"]["json_schema"]["schema"] == SCHEMA


def test_a_hundred_trainees_at_once_hear_their_own_patients(serve):
    all_there = threading.Barrier(100)

    def choose(body):
        all_there.wait(60)
        return Say(f"I heard {body['messages'][-1]['content']} from {body['cache_salt']}.")

    server, _ = serve(choose=choose)
    models = [RemoteChatModel(server.settings(secret="s", read_s=60.0), f"trainee {at}") for at in range(100)]

    def talk(at):
        return models[at].speak("s", [Message(role="user", content=f"word {at}")], "", ONE, lambda _: True).text

    with ThreadPoolExecutor(100) as pool:
        heard = list(pool.map(talk, range(100)))
    for model in models:
        model.close()
    assert [text.split(" from ")[0] for text in heard] == [f"I heard word {at}" for at in range(100)]
    assert len({text.split(" from ")[1] for text in heard}) == 100
    assert server.most_at_once == 100


def test_one_failure_ends_all(serve):
    def choose(body):
        bad = "Number 3" in body["messages"][-1]["content"]
        return Say(status=404, body={}) if bad else Say("Slow to come", hang_after=1)

    _, model = serve(choose=choose)
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="does not have the model"):
        model.complete((), _requests(20), ONE)
    assert time.monotonic() - started < 5


def test_all_requests_can_be_cancelled(serve):
    _, model = serve()
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        model.complete((), _requests(3), ONE, cancel=cancel)


# The stream


def _events(texts):
    events = [json.dumps({"choices": [{"delta": {"content": text}}]}, ensure_ascii=False) for text in texts]
    ended = '{"choices": [{"delta": {}, "finish_reason": "stop"}]}'
    return "".join(f"data: {event}\r\n\r\n" for event in (*events, ended)).encode("utf-8")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=6), st.integers(1, 9))
def test_a_stream_reads_the_same_however_it_is_cut(texts, size):
    stream = _events(texts)
    pieces = list(streamed(stream[at : at + size] for at in range(0, len(stream), size)))
    assert [piece.text for piece in pieces] == [*texts, ""]
    assert pieces[-1].finish == "stop"


@given(st.binary(max_size=60).filter(lambda noise: noise.strip() != b"[DONE]"))
def test_any_bytes_are_a_stream_or_refused(noise):
    with pytest.raises((ValueError, EOFError)):
        list(streamed([b"data: ", noise]))
