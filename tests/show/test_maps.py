"""Grey maps: one scale for all of them, and no table that is not what it says."""

from __future__ import annotations

from unittest import mock

import matplotlib.pyplot as plt
import pytest
import torch

from udm_lessons.show import maps

EVEN, SURE = torch.full((2, 3), 1 / 6), torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])


def drawn(**changed):
    """The figure that would be shown, and its alt text."""
    given = dict(panels={"even": EVEN, "sure": SURE}, rows=["a", "b"], columns=["c", "", "e"], caption="What is seen.")
    with mock.patch("udm_lessons.show.maps.figure") as figure:
        maps(**given | changed)
    return figure.call_args.args[0], figure.call_args.args[2]


def test_all_tables_have_one_scale_and_darker_is_likelier():
    fig, alt = drawn()
    even, sure = (axis.images[0] for axis in fig.axes)
    assert even.get_clim() == sure.get_clim() == (0, 1)
    assert even.get_array().max() == pytest.approx((1 / 6) ** 0.5) and sure.get_array()[0, 1] == 1
    assert even.cmap(1.0)[0] < even.cmap(0.0)[0]  # black is likely
    assert "even; sure" in alt
    plt.close(fig)


def test_rows_go_down_and_an_empty_name_has_no_tick():
    fig, _ = drawn(labels=("first letter", "second letter"))
    axis = fig.axes[0]
    assert [t.get_text() for t in axis.get_yticklabels()] == ["a", "b"] and axis.get_ylim()[0] > axis.get_ylim()[1]
    assert [t.get_text() for t in axis.get_xticklabels()] == ["c", "e"] and list(axis.get_xticks()) == [0, 2]
    assert (axis.get_ylabel(), axis.get_xlabel()) == ("first letter", "second letter")
    plt.close(fig)


@pytest.mark.parametrize(
    "changed, words",
    [
        (dict(panels={"a": EVEN.T}), "panels\\['a'\\] must have the shape"),
        (dict(panels={"a": -EVEN}), "not below 0"),
        (dict(panels={"a": EVEN / 0}), "must be finite"),
        (dict(labels=("one",)), "labels must be two"),
        (dict(panels={}), "panels must hold at least 1"),
    ],
)
def test_another_table_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        drawn(**changed)
