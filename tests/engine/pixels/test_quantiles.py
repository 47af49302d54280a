import numpy as np
import pytest

from engine.pixels.quantiles import median, medians, percentile


def drawn(count, kind=np.float32):
    return np.random.default_rng(count).gamma(2.0, 1.0, count).astype(kind)


@pytest.mark.parametrize("percent", [0.0, 10.0, 50.0, 95.0, 100.0])
@pytest.mark.parametrize("count", [1, 2, 3, 20, 21, 1000])
def test_a_percentile_is_numpys(count, percent):
    values = drawn(count)
    assert percentile(values, percent) == pytest.approx(np.percentile(values.astype(np.float64), percent), rel=1e-6)


def test_a_percentile_leaves_its_values_as_they_are():
    values = drawn(100)
    before = values.copy()
    percentile(values, 30.0)
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("count", [1, 2, 5, 400])
def test_a_median_of_whole_numbers_is_exact(count):
    values = np.random.default_rng(count).integers(0, 256, count).astype(np.float32)
    assert median(values) == np.median(values)


@pytest.mark.parametrize("count", [1, 2, 5, 400])
def test_medians_are_those_of_the_columns_in_their_type(count):
    values = np.random.default_rng(count).integers(0, 256, (count, 3)).astype(np.float32)
    found = medians(values)
    np.testing.assert_array_equal(found, np.median(values, axis=0))
    assert found.dtype == np.float32


def test_of_no_values_there_is_no_percentile():
    with pytest.raises(ValueError, match="at least one value"):
        percentile(np.empty(0, np.float32), 95.0)
