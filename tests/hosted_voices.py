"""Voices that are hosted in child processes by tests: without torch, with faults that strike once each.

A fault is a file; the child that meets it takes it away first, so that the next child does not.
"""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.chat import Completion, Message, Sampling
from simpatient.domain.ports import OnText
from simpatient.runtime.child_serving import DeviceFailed

FAULTS = ("kill", "hang", "raise", "device")


@dataclass
class FaultyVoice:
    """Says the last message back, word by word; ``slow_s`` seconds for each."""

    folder: Path
    slow_s: float = 0.0
    model_id: str = "faulty-voice@1"

    def load(self) -> None:
        self._strike("load")
        if (self.folder / "unavailable").exists():
            raise ModelUnavailable("There is no language model here.", "Get one.")

    def canary(self) -> tuple[int, ...]:
        return (9, 9) if (self.folder / "other-canary").exists() else (1, 2, 3)

    def prepare(self, session: str, messages: Sequence[Message], *, cancel: Cancellation | None = None) -> None:
        self._strike("prepare")
        stop_if_cancelled(cancel)
        with (self.folder / "prepared").open("a") as file:
            file.write(f"{session}: {messages[-1].role}: {messages[-1].content}\n")

    def speak(
        self,
        session: str,
        messages: Sequence[Message],
        note: str,
        sampling: Sampling,
        on_text: OnText,
        *,
        cancel: Cancellation | None = None,
    ) -> Completion:
        self._strike("early")
        words, said, is_continued = messages[-1].content.split(" "), "", True
        if words == ["too", "long"]:
            raise ModelUnavailable("This is too long.", "Say less.")
        for at, word in enumerate(words):
            time.sleep(self.slow_s)
            stop_if_cancelled(cancel)
            piece = f" {word}" if at else word
            said += piece
            is_continued = on_text(piece)
            if not is_continued:
                break
            if at == 1:
                self._strike("late")
        return Completion(
            text=said, tokens=len(words), log_probability=-1.0, least_log_probability=-1.0, is_complete=is_continued
        )

    def forget(self, session: str) -> None:
        (self.folder / "forgotten").write_text(session)

    def _strike(self, when: str) -> None:
        for fault in (*FAULTS, "freeze"):
            path = self.folder / f"{when}-{fault}"
            if not path.exists():
                continue
            path.unlink()
            if fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            if fault == "hang":
                time.sleep(3600)
            if fault == "freeze":
                os.kill(os.getpid(), signal.SIGSTOP)
            if fault == "raise":
                raise ZeroDivisionError("a bug in a library")
            raise DeviceFailed("There is not enough memory to run this language model.", "")
