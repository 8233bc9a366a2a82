"""What a device refuses and what it allows: the stand-in is as strict as CUDA, which is asked the same where it is.

Without this the other files would say nothing: a device that lets everything pass finds no mistake.
"""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from udm_lessons._arrays import widest
from udm_lessons.checks.aside import Ended, aside, can_copy
from worlds.stand_in import APART

X = torch.arange(12.0).reshape(3, 4)
ROWS = torch.tensor([0, 2])
ONE = torch.tensor(2.0, dtype=torch.float64)


def _filled(x: torch.Tensor) -> torch.Tensor:
    x = x.clone()
    x[:, 1], x[0], x[ROWS] = 7.0, 3.0, -1.0
    x[:, 2:] += 1
    x[x > 5] = 0
    return x


REFUSED = {
    "a sum": lambda d: X.to(d) + X,
    "a sum, the other way round": lambda d: X + X.to(d),
    "a sum in place": lambda d: X.clone().to(d).add_(X),
    "into the CPU": lambda d: X.clone().add_(X.to(d)),
    "into a number of the CPU": lambda d: torch.zeros(()).add_(X.to(d)[0, 0]),
    "one entry, not a number": lambda d: X.to(d) + torch.ones(1),
    "a comparison": lambda d: X.to(d) < X,
    "a choice": lambda d: torch.where(X.to(d) > 1, X, 0.0),
    "a condition": lambda d: torch.where(X > 1, X.to(d), 0.0),
    "side by side": lambda d: torch.cat([X.to(d), X]),
    "numbers side by side": lambda d: torch.stack([X.to(d)[0, 0], ONE.float()]),
    "a product of matrices": lambda d: X.to(d) @ X.T,
    "distances": lambda d: torch.cdist(X.to(d), X),
    "the CPU by indices of the device": lambda d: X[ROWS.to(d)],
    "rows by indices of the CPU in gather": lambda d: X.to(d).gather(0, torch.zeros(1, 4, dtype=torch.int64)),
    "values of the CPU put in": lambda d: X.to(d).index_put((ROWS.to(d),), X[:2]),
    "a mask of the CPU to fill": lambda d: X.to(d).masked_fill(X > 1, 0.0),
    "a search": lambda d: torch.searchsorted(X.to(d), X),
    "a layer of the CPU": lambda d: nn.Linear(4, 2)(X.to(d)),
    "an embedding of the CPU": lambda d: nn.Embedding(4, 2)(ROWS.to(d)),
    "a loss": lambda d: nn.functional.cross_entropy(X.to(d), torch.tensor([0, 1, 2])),
    "a generator of the CPU": lambda d: torch.rand(3, device=d, generator=torch.Generator()),
    "a generator of the CPU, normal": lambda d: torch.randn(3, device=d, generator=torch.Generator()),
    "a generator of the CPU, whole": lambda d: torch.randint(3, (3,), device=d, generator=torch.Generator()),
}
ALLOWED = {
    "a number of the CPU": (lambda x: x + ONE, X + 2),
    "a number of the CPU first": (lambda x: ONE - x, 2 - X),
    "a number of the CPU to choose": (lambda x: torch.where(x > 1, x, ONE.float()), X.clamp(min=2)),
    "a number of the CPU to fill": (lambda x: x.masked_fill(x > 1, ONE.float()), X.masked_fill(X > 1, 2)),
    "indices of the CPU": (lambda x: x[ROWS], X[ROWS]),
    "a mask of the CPU": (lambda x: x[X > 3], X[X > 3]),
    "a copy": (lambda x: x.clone().copy_(2 * X), 2 * X),
    "into a part": (lambda x: _filled(x), _filled(X)),
    "and back": (lambda x: x.cpu().to(x.device), X),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_mixes_devices_is_refused(name: str, device) -> None:
    with pytest.raises(RuntimeError, match=APART):
        REFUSED[name](device)
    REFUSED[name](torch.device("cpu"))  # control: nothing else is wrong with it


@pytest.mark.parametrize("name", ALLOWED)
def test_numbers_and_indices_of_the_cpu_are_allowed(name: str, device) -> None:
    call, expected = ALLOWED[name]
    found = call(X.to(device))
    assert found.device.type == device.type and torch.equal(found.cpu(), expected)


def test_a_tensor_says_where_it_is(device) -> None:
    made = [
        torch.zeros(2, 3, device=device), torch.full((2, 3), 7, device=device), torch.arange(3, device=device), torch.eye(3, device=device),
        torch.linspace(0, 1, 3, device=device), torch.tensor([1.0], device=device), torch.as_tensor([1, 2], device=device),
        torch.rand(3, device=device), torch.randn(3, device=device), torch.randint(3, (3,), device=device), torch.randperm(3, device=device),
        torch.zeros_like(X, device=device), X.new_zeros(3, device=device), X.to(device).new_zeros(3),
    ]  # fmt: skip
    assert {(x.device.type, x.is_cpu) for x in made} == {(device.type, False)}
    assert (torch.arange(3, device=device) * 0.5).dtype == torch.float32
    x = X.to(device)
    assert (x.cpu().device.type, x.new_zeros(3, device="cpu").device.type, x.tolist()) == ("cpu", "cpu", X.tolist())
    assert (x.sum().item(), bool((x > 3).any()), float(x[1, 1])) == (66.0, True, 5.0)
    with pytest.raises((TypeError, RuntimeError), match="numpy"):
        x.numpy()


def test_a_view_is_a_view(device) -> None:
    x = torch.zeros(2, 3, device=device)
    x[:1].view(-1)[1] = 4.0
    x.T[2] = 5.0
    x[0, :2].add_(1)
    x.squeeze_(0).unsqueeze_(0)
    assert x.shape == (1, 2, 3) and x.tolist() == [[[1.0, 5.0, 5.0], [0.0, 0.0, 5.0]]]


def test_gradients(device) -> None:
    """Against the formula 2 x e^(x^2), and through a copy from the CPU and a part changed in place."""
    x = (X / 4).requires_grad_()
    there = x.to(device)
    y = there * 1
    y[0] = 0.0
    (y**2).exp().sum().backward()
    slope = 2 * x.detach() * (x.detach() ** 2).exp()
    slope[0] = 0.0
    torch.testing.assert_close(x.grad, slope, rtol=1e-5, atol=1e-5)
    leaf = X.to(device).requires_grad_()
    leaf.square().sum().backward()
    assert leaf.grad.device.type == device.type and leaf.grad.tolist() == (2 * X).tolist()


def test_modules_live_there(device) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.BatchNorm1d(8), nn.Linear(8, 1))
    alone = copy.deepcopy(network)
    network.to(device)
    assert len([*network.parameters()]) == 6 and all(p.requires_grad and p.device.type == device.type for p in network.parameters())
    for net, x in ((network, X.to(device)), (alone, X)):
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.01, fused=True)
        for _ in range(3):
            optimizer.zero_grad()
            net(x).square().mean().backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
    twin = copy.deepcopy(network)
    twin.load_state_dict(alone.state_dict())
    for there, here, copied in zip(network.parameters(), alone.parameters(), twin.parameters()):
        torch.testing.assert_close(there.cpu(), here, rtol=1e-4, atol=1e-5)
        assert copied.device.type == device.type and torch.equal(copied.cpu(), here)


def test_what_the_device_cannot_hold(device) -> None:
    """Nothing on it is float64 where it has none: made there, moved there, or the result of a sum."""
    calls = {
        "made": lambda: torch.zeros(3, dtype=torch.float64, device=device),
        "moved": lambda: X.double().to(device),
        "cast": lambda: X.to(device).double(),
        "drawn": lambda: torch.rand(3, dtype=torch.float64, device=device),
        "from a list": lambda: torch.tensor([1.0], dtype=torch.float64, device=device),
        "new": lambda: X.to(device).new_zeros(3, dtype=torch.float64),
        "summed": lambda: X.to(device).sum(dtype=torch.float64),
    }
    for name, call in calls.items():
        if widest(device) == torch.float64:
            assert call().dtype == torch.float64, name
        else:
            with pytest.raises(TypeError, match="float64"):
                call()
    assert X.double().to(device, torch.float32).dtype == torch.float32
    assert X.to(device).to("cpu", torch.float64).dtype == torch.float64
    assert (X.to(device) * math.pi + ONE).dtype == torch.float32


def test_a_check_is_made_here_once_autograd_has_a_thread(device) -> None:
    """A copy of a process cannot compute gradients once autograd has a thread for a device: CPU tensors alike."""

    def slope() -> list:
        x = torch.ones(2, requires_grad=True)
        x.square().sum().backward()
        return x.grad.tolist()

    slope()
    assert not can_copy() and aside(slope) == [2.0, 2.0]


def test_control_a_copy_would_have_failed(device, monkeypatch) -> None:
    X.to(device).requires_grad_().sum().backward()
    if torch.cuda.is_initialized():
        pytest.skip("no copies where CUDA is in use")
    monkeypatch.setattr("udm_lessons.checks.aside.can_copy", lambda: True)
    with pytest.raises(Ended):
        aside(lambda: torch.ones(2, requires_grad=True).sum().backward())
