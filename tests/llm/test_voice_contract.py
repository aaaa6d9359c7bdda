"""What every voice does, asked of the stand-in and of a voice behind a server."""

from contextlib import ExitStack

import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.models.chat import Message, Sampling
from simpatient.llm.remote.remote_model import RemoteChatModel
from tests.chat_fakes import ScriptedVoice
from tests.chat_server import ChatServer, Say

TALK = [Message(role="system", content="You are Nell."), Message(role="user", content="What brings you here?")]
ANSWER = "My wife said I should come. I'm not sure why."
ONE = Sampling(max_tokens=60)


@pytest.fixture(params=["scripted", "remote"])
def make_voice(request):
    """Return what makes a voice of answers; ``broken`` are answers that break off after some letters."""
    with ExitStack() as open_servers:

        def make(*answers, broken=()):
            if request.param == "scripted":
                return ScriptedVoice(answers, broken=dict.fromkeys(broken, 10))
            said = [Say(text, drop_after=2 if at in broken else None) for at, text in enumerate(answers)]
            server = open_servers.enter_context(ChatServer(said))
            voice = RemoteChatModel(server.settings())
            open_servers.callback(voice.close)
            return voice

        yield make


class Heard:
    """Takes pieces; wants no more after ``most`` letters."""

    def __init__(self, most=10_000):
        self.pieces = []
        self.most = most

    @property
    def text(self):
        return "".join(self.pieces)

    def __call__(self, piece):
        self.pieces.append(piece)
        return len(self.text) < self.most


def test_the_pieces_are_the_answer(make_voice):
    heard = Heard()
    answer = make_voice(ANSWER).speak("s", TALK, "Say little.", ONE, heard)
    assert heard.text == answer.text == ANSWER
    assert len(heard.pieces) > 1
    assert answer.is_complete
    assert answer.tokens == len(ANSWER.split())


def test_an_answer_that_is_stopped_is_not_whole(make_voice):
    heard = Heard(most=12)
    answer = make_voice(ANSWER, "And then?").speak("s", TALK, "", ONE, heard)
    assert not answer.is_complete
    assert 12 <= len(answer.text) < len(ANSWER)
    assert heard.text == answer.text


def test_a_stopped_voice_speaks_again(make_voice):
    voice = make_voice(ANSWER, "And then?")
    voice.speak("s", TALK, "", ONE, Heard(most=1))
    assert voice.speak("s", TALK, "", ONE, Heard()).text == "And then?"


def test_cancelled_before_and_between_pieces(make_voice):
    voice, cancel = make_voice(ANSWER), CancelToken()
    heard = []
    with pytest.raises(Cancelled):
        voice.speak("s", TALK, "", ONE, lambda piece: heard.append(piece) or cancel.cancel() or True, cancel=cancel)
    assert len(heard) == 1
    with pytest.raises(Cancelled):
        voice.speak("s", TALK, "", ONE, heard.append, cancel=cancel)
    assert len(heard) == 1


def test_a_voice_that_breaks_off_says_so_after_what_was_heard(make_voice):
    voice, heard = make_voice(ANSWER, "Again.", broken=[0]), Heard()
    with pytest.raises(ModelUnavailable) as caught:
        voice.speak("s", TALK, "", ONE, heard)
    assert caught.value.message
    assert ANSWER.startswith(heard.text)
    assert heard.text
    assert voice.speak("s", TALK, "", ONE, Heard()).text == "Again."


def test_prepare_says_nothing_and_forget_forgives(make_voice):
    voice = make_voice(ANSWER)
    voice.prepare("s", TALK)
    assert voice.speak("s", TALK, "", ONE, Heard()).text == ANSWER
    voice.forget("s")
    voice.forget("never met")
    assert voice.model_id
