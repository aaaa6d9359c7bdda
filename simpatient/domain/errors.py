"""The error tree. Adapters translate their library's errors into these at their edge."""


class SimpatientError(Exception):
    """Root of everything this program raises on purpose."""


class UserFacingError(SimpatientError):
    """An error whose message is fit to be shown.

    Args:
        message: One plain sentence saying what happened.
        action: One plain sentence saying what the user can do about it.
    """

    def __init__(self, message: str, action: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.action = action

    def __str__(self) -> str:
        """Return message and action as the one or two sentences a user reads."""
        return f"{self.message} {self.action}".strip()


class ContentError(UserFacingError):
    """Authored content is wrong; names file, line (1-based), field and value, so that the author can find it."""

    def __init__(
        self, message: str, *, file: str = "", line: int = 0, field: str = "", action: str = "", given: str = ""
    ) -> None:
        super().__init__(message, action)
        self.given = given
        self.file = file
        self.line = line
        self.field = field

    def __str__(self) -> str:
        """Return ``file:line: field: message action`` as `simpatient check` prints it."""
        where = ":".join(part for part in (self.file, str(self.line) if self.line else "") if part)
        return ": ".join(part for part in (where, self.field, super().__str__()) if part)


class ModelUnavailable(UserFacingError):
    """A model file is missing, damaged or cannot be run here."""


class AudioUnavailable(UserFacingError):
    """No usable microphone or speaker."""


class StorageUnavailable(UserFacingError):
    """The database cannot be opened, read or written."""


class NotFound(UserFacingError):
    """An id names nothing; the message lists what there is."""


class OpenElsewhere(UserFacingError):
    """Something was changed in another window or program since it was read here; trying again reads it anew."""


class Cancelled(SimpatientError):
    """The user cancelled the work; nothing is wrong."""


class BugError(SimpatientError):
    """A state that correct code cannot reach."""
