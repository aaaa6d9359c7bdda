"""The contract of ``ReportWriter``: five complete files, or none and a plain sentence."""

import io

import pytest
from pypdf import PdfReader

from simpatient.domain.errors import UserFacingError

METHODS = ("session_pdf", "session_html", "progress_pdf", "progress_html", "progress_csv")


def _input(method, make_report, make_progress):
    return make_report() if method.startswith("session") else make_progress()


@pytest.mark.parametrize("method", METHODS)
def test_writes_one_complete_file_and_replaces_an_old_one(method, writer, make_report, make_progress, tmp_path):
    path = tmp_path / "report.out"
    path.write_text("old")
    getattr(writer, method)(_input(method, make_report, make_progress), path)
    assert path.stat().st_size > 300
    assert [each.name for each in tmp_path.iterdir()] == ["report.out"]


@pytest.mark.parametrize("method", METHODS)
def test_the_same_input_gives_the_same_bytes(method, writer, make_report, make_progress, tmp_path):
    for name in ("a", "b"):
        getattr(writer, method)(_input(method, make_report, make_progress), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_folder_is_named_in_plain_words(writer, make_progress, tmp_path):
    with pytest.raises(UserFacingError, match="does not exist") as caught:
        writer.progress_csv(make_progress(), tmp_path / "nowhere" / "p.csv")
    assert caught.value.action


def test_a_folder_in_the_way_is_named_and_nothing_is_left_behind(writer, make_progress, tmp_path):
    (tmp_path / "p.csv").mkdir()
    with pytest.raises(UserFacingError, match="folder with that name"):
        writer.progress_csv(make_progress(), tmp_path / "p.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["p.csv"]


def test_pdfs_embed_every_font_and_say_what_they_are(writer, make_report, make_progress, tmp_path):
    writer.session_pdf(make_report(["₂ → ✓", "plain"], disclosure=True), tmp_path / "s.pdf")
    writer.progress_pdf(make_progress(), tmp_path / "p.pdf")
    for name in ("s.pdf", "p.pdf"):
        reader = PdfReader(io.BytesIO((tmp_path / name).read_bytes()))
        fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
        assert fonts
        assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in fonts)
        assert "simulated content" in reader.metadata["/Keywords"]
        assert reader.trailer["/Root"]["/Lang"] == "en-GB"
        assert "t-017" in reader.metadata.author
