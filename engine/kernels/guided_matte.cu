// guided_matte: mattes of whole uint8 RGB images, each a linear function of the image's colours whose coefficients, and
// whose bounds, are maps of another size, enlarged on the way.
//
// Grid: x, as many blocks as guided_matte_launch counts; block: 256 threads, each for four pixels of a row.
// Bounds: reads only the images' bytes and their maps; writes only the mattes' pixels.
// Reference: engine.kernels.guided_matte.guided_matte, which computes in double. Error: at most 1 code value, where a
// result lies within float32's rounding of a half.
#include "packshot.cuh"

struct GuidedMatteImage {  // GUIDED_MATTE_IMAGE
    u64 source;
    i64 source_pitch_bytes;
    u64 maps, target;
    i64 target_pitch_bytes;
    int height, width, map_height, map_width;
    unsigned first_block, reserved;
};
static_assert(sizeof(GuidedMatteImage) == 64, "differs from GUIDED_MATTE_IMAGE");

// The two pixels of a map about a place along one axis, and the second one's share.
struct Cell {
    int low, high;
    float share;
};

// The pixel's centre lies at ((2 index + 1) size - out) / (2 out) pixels of the map, split in integers.
INLINE Cell cell_of(int index, int size, int out) {
    const int steps = 2 * out, place = min(max((2 * index + 1) * size - out, 0), (size - 1) * steps);
    const int low = place / steps;
    return Cell{low, min(low + 1, size - 1), (float)(place - low * steps) / (float)steps};
}

INLINE float between(float first, float second, float share) { return fmaf(share, second - first, first); }

INLINE float value_of(const float* map, int width, const Cell& down, const Cell& across) {
    const float *top = map + (i64)down.low * width, *bottom = map + (i64)down.high * width;
    const float above = between(top[across.low], top[across.high], across.share);
    return between(above, between(bottom[across.low], bottom[across.high], across.share), down.share);
}

KERNEL guided_matte(const GuidedMatteImage* images, unsigned count) {
    const GuidedMatteImage image = images[row_of_block(&images->first_block, sizeof(GuidedMatteImage), count)];
    const Group group = group_of_thread(image.first_block, image.height, image.width);
    if (group.count == 0) return;
    unsigned colors[3], mattes[1] = {0};
    load_group((const u8*)image.source, image.source_pitch_bytes, image.height, image.width, group, colors);
    const Cell down = cell_of(group.y, image.map_height, image.height);
    const i64 plane = (i64)image.map_height * image.map_width;
    for (int i = 0; i < 4; ++i) {
        const Cell across = cell_of(min(group.x + i, image.width - 1), image.map_width, image.width);
        float values[6];
        for (int map = 0; map < 6; ++map)
            values[map] = value_of((const float*)image.maps + map * plane, image.map_width, down, across);
        float matte = values[3];
        for (int channel = 0; channel < 3; ++channel)
            matte = fmaf(values[channel], float_of_code(byte_of(colors, 3 * i + channel)), matte);
        mattes[0] |= code_of_float(fminf(fmaxf(matte, values[4]), values[5])) << (i * 8);
    }
    store_bytes<1>((u8*)image.target + group.y * image.target_pitch_bytes + group.x, group.count, mattes);
}
