"""The table of ways, which 12.1 fills and 12.3 walks through."""

from __future__ import annotations

import itertools


def ways(x0, y):
    """The table N: in N[i][j] ways does y[j:] arise from x0[i:] by deleting letters."""
    return fill(border(x0, y), x0, y)


def border(x0, y):
    """Zeros with a last column of ones: once all of y is placed, one way is left, to delete the rest."""
    return [[0] * len(y) + [1] for _ in range(len(x0) + 1)]


def fill(N, x0, y):
    """Fills a table with a border: each letter of x0 is passed over or, if it fits, taken."""
    for i, j in from_the_back(x0, y):
        N[i][j] = N[i + 1][j] + (x0[i] == y[j]) * N[i + 1][j + 1]
    return N


def from_the_back(x0, y):
    """The cells (i, j) inside the border, so that the cells below and to the right come first."""
    return itertools.product(reversed(range(len(x0))), reversed(range(len(y))))
