"""Draws carried to where a catalogue's products lie. Knows no network and no condition.

Shapes of one category gather in places: caps, beanies; pairs of shoes from above, one shoe from the side. A Gaussian
fills what lies between, where nothing real is and nothing good is made. So a draw is mixed of a few neighbouring
products and moved freely from there (a smoothed bootstrap, Silverman and Young 1987, among a product's neighbours as in
Chawla et al., "SMOTE", 2002).
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

NEIGHBORS = 6  # that a draw is mixed of, the chosen product among them
CHOICES = 1 + NEIGHBORS  # values of a normal latent that choose: the product, and how much of each neighbour
FREEDOM = 0.5  # of a normal draw, added to what was mixed
MOST_PRODUCTS = 256  # of one category
CHOSEN_SHARE = 0.2  # of a category's products, where they are chosen by their quantities
LEAST_CHOSEN = 8

_NORMAL = NormalDist()

Doubles = NDArray[np.float64]


def neighbors(products: Doubles) -> NDArray[np.intp]:
    """Return the places of each product's `NEIGHBORS` nearest among products [P >= 1,L], itself first, [P,NEIGHBORS].

    Fewer products are repeated.
    """
    squares = (products**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * products @ products.T
    np.fill_diagonal(distances, -np.inf)
    order = np.argsort(distances, axis=1, kind="stable")
    return np.asarray(order[:, np.arange(NEIGHBORS) % len(products)])


def chosen(quantities: Doubles, wanted: Doubles) -> NDArray[np.intp]:
    """Return the places of the products whose quantities [P,Q] are nearest to those wanted [Q], ascending.

    Those are `CHOSEN_SHARE` of the products but at least `LEAST_CHOSEN`; all of them where nothing is wanted (Q = 0).
    """
    if not len(wanted):
        return np.arange(len(quantities))
    distances = ((quantities - wanted) ** 2).sum(axis=1)
    count = max(LEAST_CHOSEN, int(CHOSEN_SHARE * len(quantities)))
    return np.sort(np.argsort(distances, kind="stable")[:count])


def settled(normal: Doubles, products: Doubles, nearest: NDArray[np.intp]) -> Doubles:
    """Return a normal latent [L] carried to near the products [P >= 1,L] whose `neighbors` are ``nearest``.

    Its first values choose, one a product, the others how much of each neighbour: each of the products is as likely.
    """
    shares = np.array([_NORMAL.cdf(value) for value in normal[:CHOICES].tolist()])
    chosen = nearest[min(int(shares[0] * len(products)), len(products) - 1)]
    weights = np.log(shares[1:]) ** 2
    return np.asarray(weights @ products[chosen] / weights.sum() + FREEDOM * normal)
