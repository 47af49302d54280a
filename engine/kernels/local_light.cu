// local_light: gains spread by a B-spline over whole uint8 HWC images, in linear light; white stays white.
//
// Grid: x, as many blocks as local_light_launch counts; block: 256 threads, each for four pixels of a row.
// Bounds: reads only the images' bytes and their maps; writes only the targets' pixels. In place is allowed.
// Reference: engine.kernels.local_light.local_light, which computes in double. Error: at most 1 code value, where a
// result lies within float32's rounding of a half.
#include "packshot.cuh"

struct LocalLightImage {  // LOCAL_LIGHT_IMAGE
    u64 source;
    i64 source_pitch_bytes;
    u64 target;
    i64 target_pitch_bytes;
    u64 stops;
    int height, width, knots_down, knots_across;
    unsigned first_block, reserved;
};
static_assert(sizeof(LocalLightImage) == 64, "differs from LOCAL_LIGHT_IMAGE");

// The four knots around a place, and their weights in a uniform cubic B-spline.
struct Taps {
    int knot[4];
    float weight[4];
};

INLINE Taps taps_of(int pixel, int pixels, int knots) {
    const float position = ((float)pixel + 0.5f) * (float)knots / (float)pixels - 0.5f, cell = floorf(position);
    const float t = position - cell, s = 1.0f - t;
    Taps taps;
    for (int i = 0; i < 4; ++i) taps.knot[i] = min(max((int)cell + i - 1, 0), knots - 1);
    taps.weight[0] = s * s * s / 6.0f;
    taps.weight[1] = (fmaf(3.0f * t - 6.0f, t * t, 4.0f)) / 6.0f;
    taps.weight[2] = (fmaf(3.0f * s - 6.0f, s * s, 4.0f)) / 6.0f;
    taps.weight[3] = t * t * t / 6.0f;
    return taps;
}

INLINE float stops_at(const float* map, int knots_across, const Taps& down, const Taps& across) {
    float sum = 0.0f;
    for (int i = 0; i < 4; ++i) {
        const float* row = map + down.knot[i] * knots_across;
        float line = 0.0f;
        for (int j = 0; j < 4; ++j) line = fmaf(across.weight[j], row[across.knot[j]], line);
        sum = fmaf(down.weight[i], line, sum);
    }
    return sum;
}

INLINE float decode(float encoded) {
    return encoded <= 0.04045f ? encoded / 12.92f : powf((encoded + 0.055f) / 1.055f, 2.4f);
}

INLINE float encode(float linear) {
    return linear <= 0.0031308f ? linear * 12.92f : 1.055f * powf(linear, 1.0f / 2.4f) - 0.055f;
}

INLINE float brighten(float linear, float stops) {
    const float gain = exp2f(stops), gain4 = gain * gain * gain * gain, linear4 = linear * linear * linear * linear;
    return gain * linear / sqrtf(sqrtf(fmaf(gain4 - 1.0f, linear4, 1.0f)));
}

KERNEL local_light(const LocalLightImage* images, unsigned count) {
    const LocalLightImage image = images[row_of_block(&images->first_block, sizeof(LocalLightImage), count)];
    const Group group = group_of_thread(image.first_block, image.height, image.width);
    if (group.count == 0) return;
    unsigned words[3], mapped[3] = {0, 0, 0};
    load_group((const u8*)image.source, image.source_pitch_bytes, image.height, image.width, group, words);
    const Taps down = taps_of(group.y, image.height, image.knots_down);
    for (int i = 0; i < 4; ++i) {
        const Taps across = taps_of(min(group.x + i, image.width - 1), image.width, image.knots_across);
        for (int channel = 0; channel < 3; ++channel) {
            const float* map = (const float*)image.stops + channel * image.knots_down * image.knots_across;
            const float linear = decode(float_of_code(byte_of(words, 3 * i + channel)));
            const float lit = encode(brighten(linear, stops_at(map, image.knots_across, down, across)));
            mapped[(3 * i + channel) / 4] |= code_of_float(lit) << ((3 * i + channel) % 4 * 8);
        }
    }
    store_group((u8*)image.target, image.target_pitch_bytes, group, mapped);
}
