// pack_tiles: windows of uint8 HWC images of 3 or 4 channels, reflected at the borders, into the slots of one batch of floats.
//
// Grid: x, as many blocks as pack_tiles_launch counts; block: 256 threads. A block converts 1024 groups of four pixels
// (NCHW) or of four neighbouring elements (NHWC) of its unit; a warp's loads and stores lie side by side.
// Bounds: reads only the bytes of the images; writes only the units' columns of their slots, all rows.
// Reference: engine.kernels.pack_tiles.pack_strips. Error: none, in either type.
#include "packshot.cuh"

struct PackUnit {  // PACK_UNIT
    u64 source;
    i64 pitch_bytes;
    int image_height, image_width, y, x, slot, slot_x, width;
    unsigned first_block;
};
static_assert(sizeof(PackUnit) == 48, "differs from PACK_UNIT");

constexpr int GROUPS_OF_THREAD = 4;

// Any position in 0..size-1, mirrored at both borders as often as need be.
INLINE int reflect(int position, int size) {
    if (position >= 0 && position < size) return position;
    if (size == 1) return 0;
    const int period = 2 * size - 2, remainder = position % period;
    const int folded = remainder < 0 ? remainder + period : remainder;
    return min(folded, period - folded);
}

template <int CHANNELS>
INLINE const u8* image_end(const PackUnit& unit) {
    return (const u8*)unit.source + (unit.image_height - 1) * unit.pitch_bytes + CHANNELS * (i64)unit.image_width;
}

// Bytes `start` .. start + 4 × WORDS - 1 of the window's row; `line` is the image's row, byte 0 the window's first.
template <int WORDS, int CHANNELS>
INLINE void load_window(const PackUnit& unit, const u8* line, int start, unsigned words[WORDS]) {
    const i64 first = CHANNELS * (i64)unit.x + start;
    const bool inside = first >= 0 && first + 4 * WORDS <= CHANNELS * (i64)unit.image_width;
    if (inside && may_load<WORDS>(line + first, (const u8*)unit.source, image_end<CHANNELS>(unit))) {
        load_bytes<WORDS>(line + first, words);
        return;
    }
    for (int i = 0; i < WORDS; ++i) words[i] = 0;
    for (int i = 0; i < 4 * WORDS; ++i) {
        const int column = (start + i) / CHANNELS, channel = (start + i) % CHANNELS;
        const unsigned code = line[CHANNELS * (i64)reflect(unit.x + column, unit.image_width) + channel];
        words[i / 4] |= code << (i % 4 * 8);
    }
}

template <int CHANNELS, typename T>
INLINE void pack_planes(const PackUnit& unit, const u8* line, int row, int column, T* batch, int height, int width) {
    unsigned words[CHANNELS];
    load_window<CHANNELS, CHANNELS>(unit, line, CHANNELS * column, words);
    const i64 plane = (i64)height * width;
    T* target = batch + unit.slot * CHANNELS * plane + (i64)row * width + unit.slot_x + column;
    for (int channel = 0; channel < CHANNELS; ++channel) {
        float values[4];
        for (int i = 0; i < 4; ++i) values[i] = float_of_code(byte_of(words, CHANNELS * i + channel));
        store_four(target + channel * plane, unit.width - column, values);
    }
}

template <int CHANNELS, typename T>
INLINE void pack_elements(const PackUnit& unit, const u8* line, int row, int element, T* batch, int height, int width) {
    unsigned words[1];
    load_window<1, CHANNELS>(unit, line, element, words);
    float values[4];
    for (int i = 0; i < 4; ++i) values[i] = float_of_code(byte_of(words, i));
    T* target = batch + CHANNELS * (((i64)unit.slot * height + row) * width + unit.slot_x) + element;
    store_four(target, CHANNELS * unit.width - element, values);
}

template <int CHANNELS, bool CHANNELS_LAST, typename T>
INLINE void pack_tiles(const PackUnit* units, unsigned count, T* batch, int height, int width) {
    const PackUnit unit = units[row_of_block(&units->first_block, sizeof(PackUnit), count)];
    const unsigned per_row = (unsigned)(unit.width * (CHANNELS_LAST ? CHANNELS : 1) + 3) / 4;
    unsigned group = (blockIdx.x - unit.first_block) * (THREADS * GROUPS_OF_THREAD) + threadIdx.x;
    for (int i = 0; i < GROUPS_OF_THREAD; ++i, group += THREADS) {
        const int row = (int)(group / per_row), start = (int)(group % per_row) * 4;
        if (row >= height) return;
        const u8* line = (const u8*)unit.source + reflect(unit.y + row, unit.image_height) * unit.pitch_bytes;
        if (CHANNELS_LAST) pack_elements<CHANNELS>(unit, line, row, start, batch, height, width);
        else pack_planes<CHANNELS>(unit, line, row, start, batch, height, width);
    }
}

KERNEL pack_tiles_f16_nchw3(const PackUnit* units, unsigned count, __half* batch, int height, int width) {
    pack_tiles<3, false>(units, count, batch, height, width);
}
KERNEL pack_tiles_f16_nhwc3(const PackUnit* units, unsigned count, __half* batch, int height, int width) {
    pack_tiles<3, true>(units, count, batch, height, width);
}
KERNEL pack_tiles_f32_nchw3(const PackUnit* units, unsigned count, float* batch, int height, int width) {
    pack_tiles<3, false>(units, count, batch, height, width);
}
KERNEL pack_tiles_f32_nhwc3(const PackUnit* units, unsigned count, float* batch, int height, int width) {
    pack_tiles<3, true>(units, count, batch, height, width);
}
KERNEL pack_tiles_f16_nchw4(const PackUnit* units, unsigned count, __half* batch, int height, int width) {
    pack_tiles<4, false>(units, count, batch, height, width);
}
KERNEL pack_tiles_f16_nhwc4(const PackUnit* units, unsigned count, __half* batch, int height, int width) {
    pack_tiles<4, true>(units, count, batch, height, width);
}
KERNEL pack_tiles_f32_nchw4(const PackUnit* units, unsigned count, float* batch, int height, int width) {
    pack_tiles<4, false>(units, count, batch, height, width);
}
KERNEL pack_tiles_f32_nhwc4(const PackUnit* units, unsigned count, float* batch, int height, int width) {
    pack_tiles<4, true>(units, count, batch, height, width);
}
