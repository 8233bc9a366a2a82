"""Answers to the first toy: right, not written yet, wrong, and one that stops with an error."""

from __future__ import annotations

import torch


def right(x0, eps, alpha, sigma):
    return alpha * x0 + sigma * eps


def stub(x0, eps, alpha, sigma):
    raise NotImplementedError


def variance(x0, eps, alpha, sigma):
    return alpha * x0 + sigma**2 * eps


def crashing(x0, eps, alpha, sigma):
    mixed = torch.stack([x0, eps])
    return torch.matmul(mixed, alpha)
