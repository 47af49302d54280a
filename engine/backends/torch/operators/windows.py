"""How the windows of convolutions and pools lie over their input: ONNX's pads, which torch takes only when even."""

from collections.abc import Sequence

AUTO_PADS = ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")


def begins_and_ends(
    auto_pad: str,
    pads: Sequence[int],
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> tuple[list[int], list[int]]:
    """The padding before and after each spatial axis of `sizes`. Raises ValueError for an unknown `auto_pad`."""
    axes = len(sizes)
    if auto_pad not in AUTO_PADS:
        raise ValueError(f"auto_pad is one of {', '.join(AUTO_PADS)}; received {auto_pad!r}")
    if auto_pad == "VALID" or (auto_pad == "NOTSET" and not pads):
        return [0] * axes, [0] * axes
    if auto_pad == "NOTSET":
        return list(pads[:axes]), list(pads[axes:])
    totals = [
        max(0, (-(-size // stride) - 1) * stride + (width - 1) * dilation + 1 - size)
        for size, width, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True)
    ]
    halves = [total // 2 for total in totals]
    rests = [total - half for total, half in zip(totals, halves, strict=True)]
    return (halves, rests) if auto_pad == "SAME_UPPER" else (rests, halves)


def torch_pads(begins: Sequence[int], ends: Sequence[int]) -> list[int]:
    """The same padding in the order of torch.nn.functional.pad: last axis first, (before, after) by turns."""
    return [pad for pair in reversed(list(zip(begins, ends, strict=True))) for pad in pair]
