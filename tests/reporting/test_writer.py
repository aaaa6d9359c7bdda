"""The contract of ``ReportWriter``: five complete files, or none and a plain sentence."""

import io

import pytest
from pypdf import PdfReader

from simpatient.domain.errors import UserFacingError

KINDS = (("session", "pdf"), ("session", "html"), ("progress", "pdf"), ("progress", "html"), ("progress", "csv"))


@pytest.fixture
def write(writer, make_report, make_progress):
    """Write one kind of file of a report."""

    def written(report, kind, path):
        shown = make_report() if report == "session" else make_progress()
        getattr(writer, report)(shown, **{kind: path})

    return written


@pytest.mark.parametrize(("report", "kind"), KINDS)
def test_writes_one_complete_file_and_replaces_an_old_one(report, kind, write, tmp_path):
    path = tmp_path / "report.out"
    path.write_text("old")
    write(report, kind, path)
    assert path.stat().st_size > 300
    assert [each.name for each in tmp_path.iterdir()] == ["report.out"]


@pytest.mark.parametrize(("report", "kind"), KINDS)
def test_the_same_input_gives_the_same_bytes(report, kind, write, tmp_path):
    for name in ("a", "b"):
        write(report, kind, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_folder_is_named_in_plain_words(writer, make_progress, tmp_path):
    with pytest.raises(UserFacingError, match="does not exist") as caught:
        writer.progress(make_progress(), csv=tmp_path / "nowhere" / "p.csv")
    assert caught.value.action


def test_a_folder_in_the_way_is_named_and_nothing_is_left_behind(writer, make_progress, tmp_path):
    (tmp_path / "p.csv").mkdir()
    with pytest.raises(UserFacingError, match="folder with that name"):
        writer.progress(make_progress(), csv=tmp_path / "p.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["p.csv"]


def test_pdfs_embed_every_font_and_say_what_they_are(writer, make_report, make_progress, tmp_path):
    writer.session(make_report(["₂ → ✓", "plain"], disclosure=True), pdf=tmp_path / "s.pdf")
    writer.progress(make_progress(), pdf=tmp_path / "p.pdf")
    for name in ("s.pdf", "p.pdf"):
        reader = PdfReader(io.BytesIO((tmp_path / name).read_bytes()))
        fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
        assert fonts
        assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in fonts)
        assert "simulated content" in reader.metadata["/Keywords"]
        assert reader.trailer["/Root"]["/Lang"] == "en-GB"
        assert "t-017" in reader.metadata.author
