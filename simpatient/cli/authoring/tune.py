"""``simpatient tune``: train and measure models from the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def tune() -> None:
    """Train and measure the models."""


@app.command("train-coder")
def train_coder(
    annomi: Annotated[Path, typer.Option("--annomi", help="AnnoMI CSV with annotations.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for weights and model card.")],
    seed: Annotated[int, typer.Option("--seed")] = 0,
    misc: Annotated[Path | None, typer.Option("--misc", help="MISC units, for measuring only.")] = None,
    miti: Annotated[Path | None, typer.Option("--miti", help="MITI sentences, for measuring only.")] = None,
    only_patient_head: Annotated[
        bool, typer.Option("--only-patient-head", help="Keep everything in the folder except the patient's head.")
    ] = False,
) -> None:
    """Train the embedded coder and write its weights and model card; about half an hour on one core.

    The patient's head alone takes a few minutes; seed and benchmarks are then those of the other heads.

    Example: simpatient tune train-coder --annomi annomi_train.csv --out assets/models/coder
    """
    from simpatient.bootstrap.training import train_coder_patient_head, train_embedded_coder

    if only_patient_head:
        train_coder_patient_head(annomi, out, _say)
        return
    given = {"misc_coarse": misc, "miti15": miti}
    train_embedded_coder(annomi, out, seed, _say, {name: path for name, path in given.items() if path is not None})


@app.command("content-vectors")
def content_vectors(
    out: Annotated[Path, typer.Option("--out", help="Folder for the vectors; assets/models/vectors to ship them.")],
) -> None:
    """Encode everything the bundled personas can be asked and can say; run it after changing their lines.

    Example: simpatient tune content-vectors --out assets/models/vectors
    """
    from simpatient.bootstrap.training import encode_bundled_content

    for file in encode_bundled_content(out):
        _say(f"Wrote {file}")


@app.command("export-encoder")
def export_encoder(
    out: Annotated[Path, typer.Option("--out", help="Folder that holds the encoder's description, encoder.json.")],
) -> None:
    """Write the sentence encoder's graphs for ONNX Runtime from its published files, which are installed.

    The graphs name their weights by place in the published file, so they are small and are kept with the program.

    Example: simpatient tune export-encoder --out assets/models/encoder
    """
    from simpatient.bootstrap.training import export_sentence_encoder

    for file in export_sentence_encoder(out):
        _say(f"Wrote {file}")


def _say(words: str) -> None:
    print(words, file=sys.stderr)
