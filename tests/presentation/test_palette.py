"""On paper, too, every pair of colours that carries words can be told apart."""

from simpatient.presentation.shapes.palette import PAPER, PAPER_PAIRS, TEXT_PAIRS, contrast


def test_words_on_paper_reach_their_contrast() -> None:
    colours = PAPER.as_dict()
    found = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in (*TEXT_PAIRS, *PAPER_PAIRS)}
    assert {pair: value for pair, value in found.items() if value < 4.5} == {}
