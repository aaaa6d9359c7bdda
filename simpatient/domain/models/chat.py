"""What is said to a chat model and what comes back. Knows no model, template or library."""

from typing import Any, Literal

from pydantic import Field

from simpatient.domain.base import Value

Role = Literal["system", "user", "assistant"]


class Message(Value):
    """One message of a chat, word for word."""

    role: Role
    content: str

    model_config = {**Value.model_config, "str_strip_whitespace": False}


class Request(Value):
    """What is asked once all shared messages have been said.

    Attributes:
        messages: Said after the shared ones.
        answer_schema: JSON schema the answer must fit; None for free text.
    """

    messages: tuple[Message, ...] = Field(min_length=1)
    answer_schema: dict[str, Any] | None = None


class Sampling(Value):
    """How answers are drawn.

    Attributes:
        samples: Answers for each request.
        temperature: 0 takes the likeliest token every time.
        top_p: Share of the probability from which tokens are drawn.
        max_tokens: Longest answer, in tokens of the model.
        seed: The same seed, model and messages give the same answers, whatever stands beside them.
    """

    samples: int = Field(default=1, ge=1, le=64)
    temperature: float = Field(default=0.0, ge=0.0, le=5.0)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    max_tokens: int = Field(default=512, ge=1)
    seed: int = 0


class Completion(Value):
    """One answer.

    Attributes:
        text: The answer without special tokens.
        tokens: How many tokens it took, the ending one included.
        log_probability: Sum over its tokens of the natural log of each one's probability (temperature 1,
            among the tokens the schema allowed).
        least_log_probability: That of the least likely token; 0 when there is none.
        is_whole: Whether the model ended by itself, and not because the room ran out.
    """

    text: str
    tokens: int = Field(ge=0)
    log_probability: float = Field(le=0.0)
    least_log_probability: float = Field(le=0.0)
    is_complete: bool

    model_config = {**Value.model_config, "str_strip_whitespace": False}
