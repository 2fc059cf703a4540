"""Pictures of results: PNG bytes with Japanese labels, without pyplot's shared state, so from any thread.

The same result always gives the same bytes. The font comes with matplotlib-fontja: importing it registers the
font and makes it the default, and nothing here changes matplotlib's settings afterwards.
"""

from __future__ import annotations

from io import BytesIO

import matplotlib_fontja  # noqa: F401  (registers the Japanese font)
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

INDIGO = "#1d3557"
VERMILION = "#c8553d"
GREY = "#8d99a6"
PALE = "#e9edf2"
INK = "#22303f"

DPI = 150
WIDTH_INCHES = 7.2
TITLE_SIZE = 14
LABEL_SIZE = 11.5


def new_figure(height_inches: float) -> Figure:
    """An empty white figure, 1080 pixels wide, laid out so that no label is cut off."""
    return Figure(
        figsize=(WIDTH_INCHES, height_inches),
        dpi=DPI,
        facecolor="white",
        layout=ConstrainedLayoutEngine(hspace=0.08),
    )


def plain_axes(axes: Axes, title: str) -> None:
    """The house look: a title at the left, two thin grey spines, no box."""
    axes.set_title(title, loc="left", fontsize=TITLE_SIZE, color=INK, pad=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=LABEL_SIZE, length=3)


def png(figure: Figure) -> bytes:
    """The figure as PNG, without a timestamp or program version in it."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()
