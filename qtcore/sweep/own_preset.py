"""Names of presets in words."""

SIZE = "sweep"
"""Name of the only preset of what a call of `qtcore.sweep` makes, whose workflow is "sweep of NAME"."""


def own_preset(workflow: str, preset: str) -> str:
    """Return the name of a preset; nothing for that of a call of `qtcore.sweep`, which says nothing."""
    return "" if preset == SIZE and workflow.startswith(f"{SIZE} of ") else preset
