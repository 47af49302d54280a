"""Matrix products."""

import torch

from engine.backends.torch.operators.operator import Operator


# ruff: noqa: N803  (ONNX's own attribute names)
def gemm(
    left: torch.Tensor,
    right: torch.Tensor,
    addend: torch.Tensor | None = None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> torch.Tensor:
    """Gemm: alpha * A' B' + beta * C, with C broadcast."""
    product = torch.matmul(left.T if transA else left, right.T if transB else right)
    if alpha != 1.0:
        product = product * alpha
    if addend is None or beta == 0.0:
        return product
    return product + (addend if beta == 1.0 else addend * beta)


PRODUCTS = {"Gemm": Operator(gemm), "MatMul": Operator(torch.matmul)}
