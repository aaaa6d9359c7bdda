"""Says once, at the first start, which language model suits this computer. Must not know how that is found out."""

from simpatient.gui.base.context import Context
from simpatient.presentation.words.numbers import gigabytes
from simpatient.services.models.models import GUIDED, ModelService, Suggestion


def offer_model(models: ModelService, context: Context) -> None:
    """Look for a suggestion beside everything else, and tell it if there is one and nobody has chosen yet."""
    if context.preferences.has_heard_of_models:
        return

    def on_found(found: tuple[Suggestion, str]) -> None:
        suggestion, chosen = found
        context.preferences.has_heard_of_models = True
        if suggestion.model is None or suggestion.is_installed or chosen != GUIDED:
            return
        context.navigator.tell(
            f"Patients answer with written lines. This computer could also run a language model for them: "
            f"{suggestion.model.title}, {gigabytes(suggestion.model.disk_gb)} to download.",
            "See the settings",
            lambda: context.navigator.go("settings"),
        )

    context.background.call(lambda _: (models.suggestion(), models.chosen()), on_found)
