"""Writes complete_iou.json: complete IoU losses (Zheng et al., 2019, arXiv 1911.08287) and their gradients by PyTorch in
double precision, of boxes as distances from a point to their four sides."""

import json
import math
import pathlib

import torch

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
said = (torch.randn(12, 4) * 0.7).exp()
wanted = (torch.randn(12, 4) * 0.7).exp()
# One that fits, one beside the point, and one far too small.
wanted[0] = said[0]
wanted[1] = torch.tensor([-0.5, 0.4, 2.0, 1.0])
wanted[2] = said[2] * 0.05
said.requires_grad_(True)


def corners(d):
    return torch.stack([-d[:, 0], -d[:, 1], d[:, 2], d[:, 3]], 1)


def complete_box_iou_loss(a, b):
    """Of corners x1, y1, x2, y2."""
    size = lambda box: (box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    (aw, ah), (bw, bh) = size(a), size(b)
    inner = torch.minimum(a, b)[:, 2:] - torch.maximum(a, b)[:, :2]
    shared = inner.clamp(min=0).prod(1)
    iou = shared / (aw * ah + bw * bh - shared)
    outer = torch.maximum(a, b)[:, 2:] - torch.minimum(a, b)[:, :2]
    middles = (a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2
    v = 4 / math.pi**2 * (torch.atan(bw / bh) - torch.atan(aw / ah)) ** 2
    with torch.no_grad():
        alpha = v / (1 - iou + v + 1e-12)
    return 1 - iou + (middles**2).sum(1) / (outer**2).sum(1) + alpha * v


losses = complete_box_iou_loss(corners(said), corners(wanted))
losses.sum().backward()
out = {
    "said": said.tolist(),
    "wanted": wanted.tolist(),
    "losses": losses.tolist(),
    "gradients": said.grad.tolist(),
}
pathlib.Path(__file__).with_name("complete_iou.json").write_text(json.dumps(out, indent=1) + "\n")
