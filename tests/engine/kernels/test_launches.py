import numpy as np
import pytest

from engine.kernels.launches import MOST_BLOCKS, DeviceBatch, divide_blocks, make_launch, require_table
from engine.kernels.pack_tiles import PACK_UNIT, pack_tiles_launch
from engine.kernels.unpack_tiles import UNPACK_UNIT


def test_rows_of_a_table_share_out_the_blocks_in_their_order():
    first_block = np.zeros(4, np.uint32)
    assert divide_blocks(np.array([3, 0, 1, 5]), first_block) == 9
    assert first_block.tolist() == [0, 3, 3, 4]


def test_a_grid_beyond_what_cuda_allows_is_refused():
    with pytest.raises(ValueError, match=r"0\.\.2147483647 blocks; this table would need 2147483648"):
        divide_blocks(np.array([MOST_BLOCKS, 1]), np.zeros(2, np.uint32))
    with pytest.raises(ValueError, match="huge would need 2147483648"):
        make_launch("huge.cu", "huge", MOST_BLOCKS + 1, ())


@pytest.mark.parametrize(
    "table", [np.zeros(2, UNPACK_UNIT), np.zeros((2, 2), PACK_UNIT), np.zeros(4, PACK_UNIT)[::2]], ids=str
)
def test_a_table_that_the_kernel_would_misread_is_refused(table):
    with pytest.raises(ValueError, match="a one-dimensional, contiguous table"):
        require_table(table, PACK_UNIT)


def test_a_batch_of_another_type_is_refused():
    batch = DeviceBatch(0, 3, 8, 8, np.dtype(np.float64))
    with pytest.raises(ValueError, match="float16 and float32; received float64"):
        pack_tiles_launch(np.zeros(1, PACK_UNIT), 0, batch)


def test_every_table_is_laid_out_as_c_lays_out_its_struct():
    from engine.kernels import composite, guided_matte, local_light, lut3d, pack_frames

    tables = [PACK_UNIT, UNPACK_UNIT, composite.COMPOSITE_IMAGE, guided_matte.GUIDED_MATTE_IMAGE]
    for table in (*tables, local_light.LOCAL_LIGHT_IMAGE, lut3d.LUT3D_IMAGE, pack_frames.PACK_FRAME):
        aligned = np.dtype([(name, table[name]) for name in table.names], align=True)
        assert [aligned.fields[name][1] for name in table.names] == [table.fields[name][1] for name in table.names]
        assert aligned.itemsize == table.itemsize
