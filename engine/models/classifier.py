"""The classifier of catalogue pictures: a category, and features to measure and to compare pictures with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.models.stages import Descent, leaky

WIDTHS = (20, 40, 64, 96, 160)


class Classifier(nn.Module):
    """Residual stages down to a thirty-second of the picture's size; the last features are averaged over places."""

    def __init__(self, categories: int, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.descent = Descent(widths, normalised=True)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(widths[-1], categories)

    def levels(self, picture: Tensor) -> list[Tensor]:
        """Return the features of every level for sRGB [N,3,S,S] in 0..1, the finest first."""
        return self.descent(picture)

    def features(self, picture: Tensor) -> Tensor:
        """Return one vector [N,widths[-1]] a picture."""
        return leaky(self.levels(picture)[-1]).mean(dim=(2, 3))

    def forward(self, picture: Tensor) -> Tensor:
        """Map sRGB [N,3,S,S] in 0..1 to a logit for each category, [N,categories]."""
        logits: Tensor = self.out(self.drop(self.features(picture)))
        return logits

    def probabilities_and_features(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Return the categories' probabilities [N,categories] and the features [N,widths[-1]]."""
        features = self.features(picture)
        return torch.softmax(self.out(features), dim=1), features
