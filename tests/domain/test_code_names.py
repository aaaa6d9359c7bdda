"""Codes are called the same everywhere, and no two share a tag."""

from pathlib import Path

import yaml

from simpatient.domain.assessment.codes import CodeNames, CodingScheme

SCHEMES = sorted((Path(__file__).parents[2] / "assets" / "schemes").glob("*.yaml"))


def shipped() -> list[CodingScheme]:
    return [CodingScheme.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in SCHEMES]


def test_no_two_shipped_codes_share_a_tag():
    codes = [code.code for scheme in shipped() for code in scheme.codes]
    names = CodeNames(shipped())
    tags = [names.tag(code) for code in codes]
    assert codes
    assert len(set(tags)) == len(codes)
    assert all(2 <= len(tag) <= 3 and tag.isupper() for tag in tags)


def test_an_unknown_code_is_spelled_out():
    names = CodeNames()
    assert (names.tag("give_information"), names.label("self-talk")) == ("Give information", "Self talk")
