"""A database from before scorecards had revisions: each becomes revision 1, with what is known about it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from simpatient.domain.assessment.score import Provenance
from simpatient.storage.opening import open_repositories
from simpatient.storage.rows import as_json
from tests.storage.made_sessions import a_card, a_manifest, set_back

ENDED = "2026-11-18T15:00:00.000000+00:00"
FORMULAS = Provenance(judged_by="formulas", rubric_version="1.0.0", coder="coder@1")


def a_database_without_revisions(path: Path) -> None:
    """Make one with a session of two ended branches."""
    open_repositories(path).sessions.close()
    set_back(path, 7)
    card = a_card().model_copy(update={"provenance": FORMULAS})
    rated = card.criteria[0].model_copy(update={"provenance": FORMULAS.model_copy(update={"judged_by": "big"})})
    by_model = card.model_copy(update={"criteria": (rated, card.criteria[1])})
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO sessions VALUES ('s1', 't1', 'first', NULL, NULL, ?, ?, ?, 1)",
            (json.dumps(as_json(a_manifest())), ENDED, ENDED),
        )
        for seq, parent in ((0, None), (1, 0)):
            connection.execute(
                "INSERT INTO turns VALUES ('s1', ?, ?, 'patient', 'Hm.', ?, NULL, NULL, NULL, '[]', '[]', '{}', '')",
                (seq, parent, ENDED),
            )
        stored = ((1, 0, "b", by_model), (1, 1, "a", card), (0, 0, "a", card), (0, 1, "b", None))
        for leaf, position, rubric, one in stored:
            text = "{" if one is None else json.dumps(as_json(one.model_copy(update={"rubric": rubric})))
            connection.execute("INSERT INTO scorecards VALUES ('s1', ?, ?, ?, ?)", (leaf, position, rubric, text))


def test_stored_scorecards_become_first_revisions(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    a_database_without_revisions(path)
    stored = open_repositories(path)
    history = stored.sessions.scorecard_history("s1", 1)
    assert [(each.card.rubric, each.number) for each in history] == [("b", 1), ("a", 1)]
    origins = [each.origin for each in history]
    assert {(each.cause, each.actor, each.coder, each.text_digest) for each in origins} == {
        ("unknown", "t1", "coder@1", "")
    }
    assert [each.model for each in origins] == ["big", ""]
    assert all(each.at is not None and each.at.isoformat(timespec="microseconds") == ENDED for each in origins)
    (other,) = stored.sessions.scorecard_history("s1", 0)  # the damaged card beside it takes nothing with it
    assert (other.origin.at, other.card.rubric) == (None, "a")
    stored.sessions.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM scorecards").fetchone() == (4,)
