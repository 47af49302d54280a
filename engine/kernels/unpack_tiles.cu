// unpack_tiles: the cores of a batch of floats into uint8 HWC images of 1 or 3 channels, and a fault flag for each unit.
//
// Grid: x, as many blocks as unpack_tiles_launch counts; block: 256 threads. A block converts 1024 groups of four
// pixels (NCHW) or of four neighbouring elements (NHWC) of its unit. Stores are whole words in the rows where the
// core's first byte is aligned to 4, bytes elsewhere.
// Bounds: reads only the cores in the batch; writes only the cores in the targets, and 1 to the fault of a unit that
// read a value that is not finite (all its threads write the same).
// Reference: engine.kernels.unpack_tiles.unpack_strips. Error: none.
#include "packshot.cuh"

struct UnpackUnit {  // UNPACK_UNIT
    u64 target;
    i64 pitch_bytes;
    int y, x, height, width, slot, row, column;
    unsigned first_block;
};
static_assert(sizeof(UnpackUnit) == 48, "differs from UNPACK_UNIT");

constexpr int GROUPS_OF_THREAD = 4;

INLINE bool is_finite(float value) { return fabsf(value) <= 3.402823466e38f; }

// Turn four values into bytes `at`, at + STEP, ... of the words; false where one is not finite.
template <int STEP>
INLINE bool put_codes(const float values[4], int at, unsigned* words) {
    bool finite = true;
    for (int i = 0; i < 4; ++i) {
        const int index = at + STEP * i;
        words[index / 4] |= code_of_float(values[i]) << (index % 4 * 8);
        finite = finite && is_finite(values[i]);
    }
    return finite;
}

template <int CHANNELS, typename T>
INLINE bool unpack_planes(
    const UnpackUnit& unit, u8* line, int row, int column, const T* batch, int height, int width
) {
    const i64 plane = (i64)height * width;
    const T* source = batch + unit.slot * CHANNELS * plane + (i64)(unit.row + row) * width + unit.column + column;
    const int count = min(4, unit.width - column);
    unsigned words[CHANNELS] = {};
    bool finite = true;
    for (int channel = 0; channel < CHANNELS; ++channel) {
        float values[4];
        load_four(source + channel * plane, count, values);
        finite = put_codes<CHANNELS>(values, channel, words) && finite;
    }
    store_bytes<CHANNELS>(line + CHANNELS * (i64)column, CHANNELS * count, words);
    return finite;
}

template <int CHANNELS, typename T>
INLINE bool unpack_elements(
    const UnpackUnit& unit, u8* line, int row, int element, const T* batch, int height, int width
) {
    const i64 pixel = ((i64)unit.slot * height + unit.row + row) * width + unit.column;
    const int count = min(4, CHANNELS * unit.width - element);
    float values[4];
    load_four(batch + CHANNELS * pixel + element, count, values);
    unsigned words[1] = {0};
    const bool finite = put_codes<1>(values, 0, words);
    store_bytes<1>(line + element, count, words);
    return finite;
}

template <int CHANNELS, bool CHANNELS_LAST, typename T>
INLINE void unpack_tiles(
    const UnpackUnit* units, unsigned count, const T* batch, unsigned* faults, int height, int width
) {
    const unsigned index = row_of_block(&units->first_block, sizeof(UnpackUnit), count);
    const UnpackUnit unit = units[index];
    const unsigned per_row = (unsigned)(unit.width * (CHANNELS_LAST ? CHANNELS : 1) + 3) / 4;
    unsigned group = (blockIdx.x - unit.first_block) * (THREADS * GROUPS_OF_THREAD) + threadIdx.x;
    for (int i = 0; i < GROUPS_OF_THREAD; ++i, group += THREADS) {
        const int row = (int)(group / per_row), start = (int)(group % per_row) * 4;
        if (row >= unit.height) return;
        u8* line = (u8*)unit.target + (i64)(unit.y + row) * unit.pitch_bytes + CHANNELS * (i64)unit.x;
        const bool finite = CHANNELS_LAST ? unpack_elements<CHANNELS>(unit, line, row, start, batch, height, width)
                                          : unpack_planes<CHANNELS>(unit, line, row, start, batch, height, width);
        if (!finite) faults[index] = 1;
    }
}

KERNEL unpack_tiles_f16_nchw1(
    const UnpackUnit* units, unsigned count, const __half* batch, unsigned* faults, int height, int width
) {
    unpack_tiles<1, false>(units, count, batch, faults, height, width);
}
KERNEL unpack_tiles_f16_nhwc1(
    const UnpackUnit* units, unsigned count, const __half* batch, unsigned* faults, int height, int width
) {
    unpack_tiles<1, true>(units, count, batch, faults, height, width);
}
KERNEL unpack_tiles_f32_nchw1(
    const UnpackUnit* units, unsigned count, const float* batch, unsigned* faults, int height, int width
) {
    unpack_tiles<1, false>(units, count, batch, faults, height, width);
}
KERNEL unpack_tiles_f32_nhwc1(
    const UnpackUnit* units, unsigned count, const float* batch, unsigned* faults, int height, int width
) {
    unpack_tiles<1, true>(units, count, batch, faults, height, width);
}
KERNEL unpack_tiles_f16_nchw3(
    const UnpackUnit* units, unsigned count, const __half* batch, unsigned* faults, int height, int width
) {
    unpack_tiles<3, false>(units, count, batch, faults, height, width);
}
KERNEL unpack_tiles_f16_nhwc3(
    const UnpackUnit* units, unsigned count, const __half* batch, unsigned* faults, int height, int width
) {
    unpack_tiles<3, true>(units, count, batch, faults, height, width);
}
KERNEL unpack_tiles_f32_nchw3(
    const UnpackUnit* units, unsigned count, const float* batch, unsigned* faults, int height, int width
) {
    unpack_tiles<3, false>(units, count, batch, faults, height, width);
}
KERNEL unpack_tiles_f32_nhwc3(
    const UnpackUnit* units, unsigned count, const float* batch, unsigned* faults, int height, int width
) {
    unpack_tiles<3, true>(units, count, batch, faults, height, width);
}
