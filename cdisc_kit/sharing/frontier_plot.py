"""The least-loss search as a picture: what each choice of levels loses, and the risk it leaves."""

from __future__ import annotations

import io
from typing import Any

from cdisc_kit.sharing.release import Release

_USED, _OTHER, _GATE = "#0b5c8a", "#9fb3c2", "#a8321d"


def frontier_plot(release: Release) -> str:
    """An `<svg>` element: the same release gives the same bytes. Text stays text, for readers and search."""
    from matplotlib import rc_context  # noqa: PLC0415 - costly, and only a report needs it
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    lost = [100 * node.loss for node in release.frontier]
    risk = [float(node.maximum) for node in release.frontier]
    settings: Any = {
        "svg.hashsalt": "cdisc-kit",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
    }
    buffer = io.StringIO()
    with rc_context(settings):
        figure = Figure(figsize=(8, 3.8), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        axes.plot(lost, risk, color=_OTHER, marker="o", linewidth=1.2, label="best choices")
        axes.axhline(release.plan.tier.max_risk, color=_GATE, linestyle="--", linewidth=1.2, label="gate")
        axes.plot(
            [100 * release.node.loss],
            [float(release.node.maximum)],
            "o",
            color=_USED,
            markersize=11,
            label="used",
        )
        axes.set_yscale("log")
        axes.set_xlim(-3, 103)
        axes.set_xlabel("information lost (%)")
        axes.set_ylabel("largest risk of a subject")
        ticks = [1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
        axes.set_yticks([tick for tick in ticks if tick >= min(risk) / 2])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter("{x:g}")
        axes.grid(axis="y", color="#e6ebef")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=metadata, transparent=True)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
