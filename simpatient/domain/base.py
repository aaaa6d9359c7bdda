"""The one base class of every domain value: immutable, strict about unknown fields."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable value; an unknown field or a number that is none (nan, inf) is an error."""

    # What is wrong is said without what was given: that may be words of a session, and errors end up in logs.
    # Validators are built when a class is first used: a start needs few of them.
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
        defer_build=True,
    )
