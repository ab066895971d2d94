"""The kernels of a GPU against plain arithmetic in higher precision."""

import pytest
import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

from mbegu.models.cross_entropy import summed_cross_entropy
from mbegu.models.row_attention import Rows, attend

pytestmark = pytest.mark.cuda


def parts(lengths: list[int], size: int) -> list[torch.Tensor]:
    return [
        torch.randn(sum(lengths), heads, size, device="cuda", dtype=torch.bfloat16, requires_grad=True) for heads in (8, 2, 2)
    ]


def laid(lengths: list[int], window: int = 0) -> Rows:
    starts = torch.tensor([0, *lengths], device="cuda").cumsum(0).int()
    return Rows(starts, max(lengths), window)


@pytest.mark.parametrize("size", [16, 64, 128, 256])
@pytest.mark.parametrize("window", [0, 20])
def test_attention_over_rows_equals_that_of_each_row_alone(size, window):
    lengths = [70, 1, 0, 300, 33]
    inputs = parts(lengths, size)
    out = attend(*inputs, laid(lengths, window), 0.2)
    gradient = torch.randn_like(out)
    found = [out, *torch.autograd.grad(out, inputs, gradient)]
    doubles = [tensor.detach().double().requires_grad_() for tensor in inputs]
    rows = []
    for part in zip(*(tensor.split(lengths) for tensor in doubles), strict=True):
        query, key, value = (tensor.transpose(0, 1) for tensor in part)
        back = torch.arange(query.shape[1])[:, None] - torch.arange(query.shape[1])
        seen = ((back >= 0) & (back < (window or 10**6))).cuda()
        key, value = (tensor.repeat_interleave(4, 0) for tensor in (key, value))
        if query.shape[1]:
            rows.append(scaled_dot_product_attention(query, key, value, seen, scale=0.2).transpose(0, 1))
    exact = torch.cat(rows)
    for mine, right in zip(found, [exact, *torch.autograd.grad(exact, doubles, gradient.double())], strict=True):
        assert (mine.double() - right).norm() / right.norm() < 1e-2


def test_its_gradients_have_the_same_bytes_where_sums_are_ordered():
    from mbegu.training import cuda

    inputs = parts([200] * 40, 64)
    cuda.order_sums(True)
    try:
        found = [torch.autograd.grad(attend(*inputs, laid([200] * 40), 0.2).float().square().sum(), inputs) for _ in range(5)]
    finally:
        cuda.order_sums(False)
    assert all(torch.equal(one, other) for again in found[1:] for one, other in zip(found[0], again, strict=True))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_dropout_drops_its_share_by_the_seed_and_the_salt_and_its_gradient_likewise(dtype):
    from mbegu.training.dropout_kernel import dropout

    x = torch.rand(1000, 1003, device="cuda", dtype=dtype).add_(0.5).requires_grad_()
    seed = torch.tensor([5], device="cuda")
    found = dropout(x, seed, 0, 0.3)
    dropped = found == 0
    assert abs(dropped.float().mean().item() - 0.3) < 2e-3
    assert abs(dropped.float().mean(0).std().item() - (0.3 * 0.7 / 1000) ** 0.5) < 2e-3
    torch.testing.assert_close(found[~dropped], (x / 0.7)[~dropped], rtol=1e-2 if dtype == torch.bfloat16 else 1e-5, atol=0)
    (gradient,) = torch.autograd.grad(found.sum(), x)
    assert torch.equal(gradient == 0, dropped)
    assert torch.equal(dropout(x, seed, 0, 0.3), found)
    for other in (dropout(x, seed, 1, 0.3), dropout(x, seed + 7, 0, 0.3)):
        assert abs(((other == 0) & dropped).float().mean().item() - 0.09) < 2e-3


def test_cross_entropy_leaves_out_what_is_no_target():
    logits = torch.randn(5000, 700, device="cuda", dtype=torch.bfloat16, requires_grad=True)
    targets = torch.randint(700, (5000,), device="cuda")
    targets[::7] = -100
    mine = summed_cross_entropy(logits * 1, targets)
    (gradient,) = torch.autograd.grad(mine, logits)
    exact = logits.detach().double().requires_grad_()
    right = cross_entropy(exact, targets, ignore_index=-100, reduction="sum")
    (expected,) = torch.autograd.grad(right, exact)
    assert mine.item() == pytest.approx(right.item(), rel=1e-4)
    assert (gradient.double() - expected).norm() / expected.norm() < 1e-2
