"""The contract of ``ConsentRepository``, held by the database and by the fake in memory alike; and its service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simpatient.domain.people.actor import Actor
from simpatient.domain.people.consent import Consent
from simpatient.services.privacy import consent as consenting
from simpatient.services.privacy.consent import ConsentNeeded, ConsentService
from simpatient.services.privacy.ports import ConsentRepository
from simpatient.storage.opening import open_repositories
from tests.fakes import FixedClock
from tests.storage.test_clips import SOUND
from tests.talk_fakes import InMemoryClips, InMemoryConsents

CLOCK = FixedClock()
ME = Actor(person_id="t1")


@pytest.fixture(params=["database", "memory"])
def consents(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConsentRepository]:
    if request.param == "memory":
        yield InMemoryConsents()
        return
    stored = open_repositories(tmp_path / "s.db")
    yield stored.consents
    stored.sessions.close()


@pytest.fixture
def service(consents: ConsentRepository) -> ConsentService:
    return ConsentService(consents=consents, clips=InMemoryClips(CLOCK), clock=CLOCK)


def test_consents_are_kept_in_order_and_a_new_one_ends_the_old(consents: ConsentRepository) -> None:
    now = CLOCK.now()
    for wording in ("one", "two"):
        consents.add(Consent(trainee_id="t1", purpose="microphone", wording=wording, given_at=now))
    consents.add(Consent(trainee_id="t2", purpose="microphone", wording="one", given_at=now))
    consents.add(Consent(trainee_id="t1", purpose="keep_audio", wording="one", given_at=now))
    consents.withdraw("t1", "keep_audio", now)
    consents.withdraw("t1", "keep_audio", now)
    found = [(c.purpose, c.wording, c.holds) for c in consents.consents("t1")]
    assert found == [("microphone", "one", False), ("microphone", "two", True), ("keep_audio", "one", False)]
    assert consents.consents("t2")[0].holds


def test_one_is_asked_before_and_again_when_the_words_change(
    service: ConsentService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConsentNeeded):
        service.require(ME, "microphone")
    service.give(ME, "microphone")
    service.give(ME, "microphone")
    service.require(ME, "microphone")
    assert len(service.history(ME)) == 1
    assert not service.has(ME, "keep_audio")
    monkeypatch.setitem(consenting.WORDINGS, "microphone", "Other words.")
    assert not service.has(ME, "microphone")


def test_taking_back_the_keeping_of_sound_deletes_it(consents: ConsentRepository) -> None:
    clips = InMemoryClips(CLOCK)
    service = ConsentService(consents=consents, clips=clips, clock=CLOCK)
    service.give(ME, "keep_audio")
    clips.save("t1", "s1", SOUND, CLOCK.now())
    service.withdraw(ME, "keep_audio")
    assert not clips.kept
    assert not service.has(ME, "keep_audio")
