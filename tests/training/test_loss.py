from types import SimpleNamespace

import torch
from torch.nn.functional import cross_entropy

from mbegu.models.cross_entropy import summed_cross_entropy
from mbegu.training import loss


def test_value_and_gradient_equal_pytorchs_over_several_chunks():
    torch.manual_seed(0)
    weights = torch.randn(300, 50, requires_grad=True)
    targets = torch.randint(50, (300,))
    expected = cross_entropy(weights, targets, reduction="sum")
    (expected_gradient,) = torch.autograd.grad(expected, weights)
    ours = summed_cross_entropy(weights * 1.0, targets)
    (gradient,) = torch.autograd.grad(ours, weights)
    torch.testing.assert_close(ours, expected)
    torch.testing.assert_close(gradient, expected_gradient)


def test_the_loss_is_a_mean_over_the_trained_tokens_of_all_accumulated_batches():
    logits, labels = torch.randn(1, 4, 9), torch.tensor([[-100, 1, 2, 3, 4]])
    mean = cross_entropy(logits[0], labels[0, 1:])
    torch.testing.assert_close(loss.completion_loss(SimpleNamespace(logits=logits.clone()), labels), mean)
    torch.testing.assert_close(loss.completion_loss(SimpleNamespace(logits=logits.clone()), labels, 8), mean / 2)


def test_measuring_without_gradients_leaves_the_logits_alone():
    logits = torch.randn(3, 7)
    before = logits.clone()
    summed_cross_entropy(logits, torch.tensor([0, 1, 2]))
    assert torch.equal(logits, before)
