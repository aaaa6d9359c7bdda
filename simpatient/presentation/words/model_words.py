"""How language models are described: whether they fit, their size, licence and speed."""

from simpatient.domain.models.chat_models import GB, Fit, Measurement
from simpatient.presentation.words.numbers import file_size, gigabytes, percent
from simpatient.services.models.model_download import DownloadProgress
from simpatient.services.models.models import ModelRow

_FITS = {
    "fits": ("Fits", "accent"),
    "quantised": ("Fits only in 4 bit", "warm"),
    "slow": ("Slow here", "warm"),
    "too_big": ("Too big", "plain"),
    "unknown": ("Size unknown", "plain"),
}
_STAGES = {
    "libraries": "Installing the libraries that run it …",
    "asking": "Asking the hub …",
    "checking": "Checking the files …",
}


def fit_words(fit: Fit) -> tuple[str, str]:
    """Return whether a model fits, and the tone of the tag."""
    return _FITS[fit.verdict]


def fit_detail(fit: Fit) -> str:
    """Return what a model needs and what there is, as a sentence."""
    if fit.verdict == "unknown":
        return "How much memory it needs is not known."
    where = "memory; it would run on the processor" if fit.precision == "fp32" else "graphics memory"
    return f"It needs {gigabytes(fit.needs_gb)} of {where}; {gigabytes(fit.has_gb)} is free."


def facts_line(row: ModelRow) -> str:
    """Return size, languages and licence in a line."""
    known, here = row.catalogue, row.installed
    size = here.facts.total_bytes if here else known.disk_gb * GB if known else 0.0
    parts = [f"{file_size(size)} {'on disk' if here else 'to download'}"]
    if row.partial_bytes:
        parts.append(f"{file_size(row.partial_bytes)} already downloaded")
    if known:
        parts.append(", ".join(known.languages[:4]) + (" and more" if len(known.languages) > 4 else ""))
    elif here:
        parts.append(here.folder)
    return " · ".join(parts)


def licence_line(row: ModelRow) -> str:
    """Return the licence and what it asks for; '' where it is not known."""
    if row.catalogue is None:
        return ""
    gate = " The hub asks for an account and consent first." if row.catalogue.is_gated else ""
    return f"Licence: {row.catalogue.licence}. {row.catalogue.terms}{gate}"


def measured_line(measured: Measurement) -> str:
    """Return how a model runs here."""
    share = f", {percent(measured.bandwidth_share)} of what its memory allows" if measured.bandwidth_share else ""
    return (
        f"Measured on {measured.device}: first word after {measured.first_token_s:.1f} s, "
        f"{measured.tokens_per_s:.0f} tokens per second{share}, loaded in {measured.load_s:.0f} s."
    )


def progress_words(now: DownloadProgress) -> str:
    """Return how far a download is."""
    if now.stage == "libraries" and now.done_bytes:
        return f"{_STAGES[now.stage]} {file_size(now.done_bytes)}"
    if now.stage != "fetching":
        return _STAGES[now.stage]
    return f"Downloading: {file_size(now.done_bytes)} of {file_size(now.total_bytes)}"
