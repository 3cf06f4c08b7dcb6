"""Plots for the page: SVG, the same bytes for the same figures."""
from pathlib import Path

directory: Path | None = None  # where plots go; None: nowhere


def _pyplot():
    """It takes a second to come: only where something is plotted."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "beachhead", "svg.fonttype": "none", "font.size": 9,
                                "axes.spines.top": False, "axes.spines.right": False})
    from matplotlib import pyplot

    return pyplot


def plot(name: str, unit: str, panels: dict[str, dict[str, tuple]]) -> None:
    """One panel a title; its curves by name, each two lists of numbers."""
    if not directory:
        return
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(1, len(panels), figsize=(4.2 * len(panels), 3), squeeze=False)
    for panel, (title, curves) in zip(axes[0], panels.items()):
        for label, (x, y) in curves.items():
            panel.plot(x, y, "o-", markersize=4, linewidth=1.2, label=label)
        panel.set(title=title, xlabel=unit, xlim=(0, None), ylim=(0, None))
        panel.xaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")
        panel.locator_params(axis="x", nbins=5)
        if len(curves) > 1:
            panel.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(directory / f"performance-{name}.svg", metadata={"Date": None})
    pyplot.close(figure)
