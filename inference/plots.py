"""Figures of reports: matplotlib's, in colours that colour-blind people can tell apart."""

from matplotlib import style
from matplotlib.figure import Figure

COLOURS = "tableau-colorblind10"
GRID = "0.87"


def new_figure(panels: int = 1, *, inches: tuple[float, float]) -> Figure:
    """A figure with panels one under the other, each with a grid; `axes` are its panels.

    Drawn without pyplot, which keeps every figure that it ever made.
    """
    with style.context(COLOURS):
        figure = Figure(figsize=inches, layout="constrained")
        for axes in figure.subplots(panels, squeeze=False).flat:
            axes.grid(color=GRID)
            axes.set_axisbelow(True)
            axes.spines[["top", "right"]].set_visible(False)
    return figure


def colours() -> list[str]:
    """Those of the figures, in their order, for marks that share one."""
    cycle: list[str] = style.library[COLOURS]["axes.prop_cycle"].by_key()["color"]
    return cycle
