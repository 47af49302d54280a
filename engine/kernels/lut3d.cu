// lut3d: a 3D colour table over whole uint8 HWC images, trilinear.
//
// Grid: x, as many blocks as lut3d_launch counts; block: 256 threads, each for four pixels of a row.
// Bounds: reads only the images' bytes and their tables; writes only the targets' pixels. In place is allowed.
// Reference: engine.kernels.lut3d.lut3d, which computes in double. Error: at most 1 code value, where a result lies
// within float32's rounding of a half.
#include "packshot.cuh"

struct Lut3dImage {  // LUT3D_IMAGE
    u64 source;
    i64 source_pitch_bytes;
    u64 target;
    i64 target_pitch_bytes;
    u64 lut;
    int height, width, steps;
    unsigned first_block;
};
static_assert(sizeof(Lut3dImage) == 56, "differs from LUT3D_IMAGE");

struct Place {
    int cell;
    float share;
};

// Code v lies at v * (steps - 1) / 255 steps, split in integers.
INLINE Place place_of(unsigned code, int steps) {
    const int scaled = (int)code * (steps - 1), cell = min(scaled / 255, steps - 2);
    return Place{cell, (float)(scaled - cell * 255) / 255.0f};
}

INLINE float mix(float from, float to, float share) { return fmaf(share, to - from, from); }

INLINE float along_red(const float* line, float share) { return mix(line[0], line[1], share); }

// One channel of the table at a colour; `corner` is its cell's first entry.
INLINE float look_up(const float* corner, int steps, const Place& red, const Place& green, const Place& blue) {
    const int behind = steps * steps;
    const float front = mix(along_red(corner, red.share), along_red(corner + steps, red.share), green.share);
    const float back =
        mix(along_red(corner + behind, red.share), along_red(corner + behind + steps, red.share), green.share);
    return mix(front, back, blue.share);
}

KERNEL lut3d(const Lut3dImage* images, unsigned count) {
    const Lut3dImage image = images[row_of_block(&images->first_block, sizeof(Lut3dImage), count)];
    const Group group = group_of_thread(image.first_block, image.height, image.width);
    if (group.count == 0) return;
    unsigned words[3], mapped[3] = {0, 0, 0};
    load_group((const u8*)image.source, image.source_pitch_bytes, image.height, image.width, group, words);
    const int steps = image.steps;
    for (int i = 0; i < 4; ++i) {
        const Place red = place_of(byte_of(words, 3 * i), steps), green = place_of(byte_of(words, 3 * i + 1), steps);
        const Place blue = place_of(byte_of(words, 3 * i + 2), steps);
        const float* corner = (const float*)image.lut + (blue.cell * steps + green.cell) * steps + red.cell;
        for (int channel = 0; channel < 3; ++channel) {
            const float value = look_up(corner + channel * steps * steps * steps, steps, red, green, blue);
            mapped[(3 * i + channel) / 4] |= code_of_float(value) << ((3 * i + channel) % 4 * 8);
        }
    }
    store_group((u8*)image.target, image.target_pitch_bytes, group, mapped);
}
