"""What a generator learned of its catalogue beside its network: categories, latents' prior, examples, what is usual.

One NumPy archive lies beside the model (`facts.npz`); the training writes it, serving reads it. It holds no pickles.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from engine.errors import WeightsError
from engine.generation.attributes import Attributes, Color
from engine.generation.condition import CONDITION_LENGTH, MOST_CATEGORIES
from engine.generation.directions import Directions
from engine.generation.examples import Examples
from engine.generation.latents import LATENT_LENGTH, chances
from engine.generation.realism import RealPictures
from engine.generation.settling import MOST_PRODUCTS, chosen, neighbors, settled
from engine.images import Floats

FACTS_FILE = "facts.npz"
MOST_EXAMPLES = 64  # of one category
_KEPT = 64  # choices of products that are remembered

Doubles = NDArray[np.float64]
_NO_STEPS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Facts:
    """See the module. Raises ValueError for parts whose shapes do not fit together.

    Latents live in two spaces. In the *normal* one every place of a drawn latent is normal: mean 0, deviation 1; there
    they are drawn, steered, mixed and moved. The generator's own is ``condition @ mean + factors[category] @ normal``.
    Draws are carried to near the category's products (`settled`) before they are steered and moved.
    """

    categories: tuple[str, ...]  # K of them, in the order of the condition's places
    shares: Doubles  # [K]: of the catalogue's products
    mean: Doubles  # [CONDITION_LENGTH,LATENT_LENGTH]
    factors: Doubles  # [MOST_CATEGORIES,LATENT_LENGTH,LATENT_LENGTH], none of those of the K categories singular
    products: tuple[Floats, ...]  # for each category 1 to MOST_PRODUCTS products' normal latents, [P,LATENT_LENGTH]
    quantity_names: tuple[str, ...]  # Q of them, by which products are chosen
    quantities: tuple[Doubles, ...]  # of each category's products, in its deviations from its mean, [P,Q]
    shown: tuple[tuple[Attributes, ...], ...]  # for each category 1 to MOST_EXAMPLES products of the catalogue
    real_features: Floats  # [M,F]: what the classifier sees in real pictures
    anomaly: Doubles  # [Q >= 2]: the score of strangeness over held-out photos, quantiles 0 to 1 in even steps
    directions: Directions  # in the normal space

    def __post_init__(self) -> None:
        kinds, length = len(self.categories), LATENT_LENGTH
        wanted = {
            "shares": (kinds,),
            "mean": (CONDITION_LENGTH, length),
            "factors": (MOST_CATEGORIES, length, length),
            "real_features": (len(self.real_features), self.real_features.shape[-1]),
            "anomaly": (max(2, len(self.anomaly)),),
        }
        for name, shape in wanted.items():
            found: NDArray[Any] = getattr(self, name)
            if found.shape != shape or not np.isfinite(found).all():
                raise ValueError(f"{name} is {list(shape)} finite numbers, got {list(found.shape)}")
        if len(self.products) != kinds or not all(map(_are_products, self.products)):
            found_shapes = [list(products.shape) for products in self.products]
            raise ValueError(
                f"products are [1..{MOST_PRODUCTS}, {length}] finite numbers a category, got {found_shapes}"
            )
        measured = [(len(products), len(self.quantity_names)) for products in self.products]
        if [each.shape for each in self.quantities] != measured or not all(map(_all_finite, self.quantities)):
            found_shapes = [list(each.shape) for each in self.quantities]
            raise ValueError(f"quantities are {list(map(list, measured))} finite numbers, got {found_shapes}")
        if not 1 <= kinds <= MOST_CATEGORIES or len(self._examples) != kinds:
            raise ValueError(f"1 to {MOST_CATEGORIES} categories have examples each, got {kinds} and {len(self.shown)}")
        if (np.diff(self.anomaly) < 0).any() or (self.shares < 0).any() or not self.shares.sum() > 0:
            raise ValueError("quantiles of anomaly ascend and shares are positive, got others")

    def own(self, normal: Floats, conditions: Floats) -> Floats:
        """Return latents [n,LATENT_LENGTH] as the generator takes them, from the normal space.

        ``conditions`` [n,CONDITION_LENGTH], each of a known category. Computed row by row in double precision, so that
        none depends on those beside it.
        """
        rows = [
            self._mean(told) + self._factors(told) @ row for row, told in zip(_exact(normal), conditions, strict=True)
        ]
        return np.array(rows, np.float32).reshape(len(normal), LATENT_LENGTH)

    def settled(self, normal: Floats, conditions: Floats, steps: Mapping[str, float] = _NO_STEPS) -> Floats:
        """Return normal latents [n,LATENT_LENGTH] carried to near the products of their conditions' categories.

        Only to those whose quantities are nearest to ``steps``, in deviations within their category; steps along other
        quantities than `quantity_names` count for nothing. Computed row by row in double precision, as `own`.
        """
        asked = tuple((name, steps[name]) for name in self.quantity_names if name in steps)
        kinds = [self._kind(told) for told in conditions]
        rows = [settled(row, *self._near(kind, asked)) for row, kind in zip(_exact(normal), kinds, strict=True)]
        return np.array(rows, np.float32).reshape(len(normal), LATENT_LENGTH)

    @property
    def adjustable(self) -> tuple[str, ...]:
        """The quantities of which new pictures can be asked for more or less."""
        found = self.directions.found
        return found + tuple(name for name in self.quantity_names if name not in found)

    def left_over(self, steps: Mapping[str, float]) -> Mapping[str, float]:
        """Return the steps that no products are chosen by: latents are to be moved along those."""
        return {name: step for name, step in steps.items() if name not in self.quantity_names}

    def normal(self, own: Floats, conditions: Floats) -> Floats:
        """Return the generator's latents [n,LATENT_LENGTH] in the normal space: what `own` turns back."""
        rows = [
            np.linalg.solve(self._factors(told), row - self._mean(told))
            for row, told in zip(_exact(own), conditions, strict=True)
        ]
        return np.array(rows, np.float32).reshape(len(own), LATENT_LENGTH)

    def complete(self, attributes: Attributes, seed: int, number: int, *, measured: bool = False) -> Attributes:
        """Return the attributes with all that they leave open filled in, for picture ``number`` of a seed.

        An open category is drawn by its share of the catalogue, the rest from one of the category's examples that agree
        best with what is asked. ``measured``: colours and pattern were found together on one picture, which has no
        second colour where none was found. The same seed and number: the same answer. Raises ValueError for a category
        that is none of `categories`.
        """
        where, which = chances(seed, number, 2)
        category = attributes.category
        if category is None:
            category = self.categories[int(np.searchsorted(self._reached, where))]
        elif category not in self.categories:
            raise ValueError(f"no category {category!r}; this generator knows {', '.join(self.categories)}")
        examples = self._examples[self.categories.index(category)]
        return examples.completed(replace(attributes, category=category), which, measured=measured)

    def anomaly_quantile(self, score: float) -> float:
        """Return what share of held-out photos, 0 to 1, is less strange than one of that score."""
        return float(np.interp(score, self.anomaly, np.linspace(0, 1, len(self.anomaly))))

    @cached_property
    def real(self) -> RealPictures:
        """What real pictures look like to the classifier."""
        return RealPictures.of(self.real_features)

    def _mean(self, condition: Floats) -> Doubles:
        return np.asarray(condition.astype(np.float64) @ self.mean)

    def _factors(self, condition: Floats) -> Doubles:
        return np.asarray(self.factors[self._kind(condition)])

    def _kind(self, condition: Floats) -> int:
        return int(condition[: len(self.categories)].argmax())

    @cached_property
    def _near(self) -> Callable[[int, tuple[tuple[str, float], ...]], tuple[Doubles, NDArray[np.intp]]]:
        """Products [P,LATENT_LENGTH] of a category that are nearest to steps, and their `neighbors`."""
        return lru_cache(_KEPT)(self._found_near)

    def _found_near(self, kind: int, asked: tuple[tuple[str, float], ...]) -> tuple[Doubles, NDArray[np.intp]]:
        columns = [self.quantity_names.index(name) for name, _ in asked]
        places = chosen(self.quantities[kind][:, columns], np.array([step for _, step in asked]))
        products = _exact(self.products[kind][places])
        return products, neighbors(products)

    @cached_property
    def _examples(self) -> tuple[Examples, ...]:
        return tuple(Examples(shown) for shown in self.shown)

    @cached_property
    def _reached(self) -> Doubles:
        """The shares added up, as a share of them all; the last one, 1, is left out."""
        return np.asarray(np.cumsum(self.shares)[:-1] / self.shares.sum())


def save_facts(path: Path, facts: Facts) -> None:
    """Write the facts as one archive without pickles; the same facts give the same bytes."""
    np.savez_compressed(
        path,
        categories=np.array(facts.categories),
        shares=facts.shares,
        mean=facts.mean,
        factors=facts.factors,
        products=np.concatenate(facts.products).astype(np.float32),
        product_counts=np.array([len(products) for products in facts.products]),
        quantity_names=np.array(facts.quantity_names, np.str_),
        quantities=np.concatenate(facts.quantities),
        shown=np.array(json.dumps([[_as_json(each) for each in shown] for shown in facts.shown], ensure_ascii=False)),
        real_features=np.asarray(facts.real_features, np.float32),
        anomaly=facts.anomaly,
        direction_names=np.array(facts.directions.names, np.str_),
        direction_slopes=facts.directions.slopes,
        direction_deviations=facts.directions.deviations,
        direction_explained=facts.directions.explained,
    )


def load_facts(path: Path) -> Facts:
    """Read what `save_facts` wrote. Raises WeightsError for anything else."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            return _facts(held)
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise WeightsError(f"{path}: does not hold a generator's facts: {error}") from error


def _facts(held: Any) -> Facts:
    categories = tuple(str(name) for name in held["categories"])
    shown = json.loads(str(held["shown"]))
    pairs = zip(categories, shown, strict=True)
    ends = np.cumsum(held["product_counts"])[:-1]
    names = tuple(str(name) for name in held["quantity_names"])
    return Facts(
        categories=categories,
        shares=np.asarray(held["shares"], np.float64),
        mean=np.asarray(held["mean"], np.float64),
        factors=np.asarray(held["factors"], np.float64),
        products=tuple(np.split(np.asarray(held["products"], np.float32), ends)),
        quantity_names=names,
        quantities=tuple(np.split(np.asarray(held["quantities"], np.float64).reshape(-1, len(names)), ends)),
        shown=tuple(tuple(_from_json(category, each) for each in of) for category, of in pairs),
        real_features=np.asarray(held["real_features"], np.float32),
        anomaly=np.asarray(held["anomaly"], np.float64),
        directions=Directions(
            tuple(str(name) for name in held["direction_names"]),
            np.asarray(held["direction_slopes"], np.float64).reshape(-1, LATENT_LENGTH),
            np.asarray(held["direction_deviations"], np.float64),
            np.asarray(held["direction_explained"], np.float64),
        ),
    )


def _as_json(attributes: Attributes) -> dict[str, Any]:
    colors = [[color.name, list(color.srgb), color.share] for color in attributes.colors]
    return {"colors": colors, "pattern": attributes.pattern, "aspect": attributes.aspect}


def _from_json(category: str, told: dict[str, Any]) -> Attributes:
    colors = tuple(Color(name, (srgb[0], srgb[1], srgb[2]), share) for name, srgb, share in told["colors"])
    return Attributes(category, colors, told["pattern"], told["aspect"])


def _are_products(latents: Floats) -> bool:
    fits = latents.ndim == 2 and 1 <= len(latents) <= MOST_PRODUCTS and latents.shape[1] == LATENT_LENGTH
    return fits and _all_finite(latents)


def _all_finite(values: NDArray[Any]) -> bool:
    return bool(np.isfinite(values).all())


def _exact(latents: Floats) -> Doubles:
    return np.asarray(latents, np.float64)
