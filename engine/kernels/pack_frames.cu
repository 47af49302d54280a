// pack_frames: whole uint8 HWC images of 3 or 4 channels into the small fixed frames of one batch of floats, by area or bicubic.
//
// Grid: x, ceil(height * width / 256) blocks for each frame; block: 256 threads, each for one pixel of the frame.
// Bounds: reads only the images' pixels; writes every pixel of the slots that the table names, and no other.
// Reference: engine.kernels.pack_frames.pack_frames. Error: by area none (sums are whole numbers); bicubic at most
// 2e-6 × the largest scale before rounding to the batch's type.
#include "packshot.cuh"

struct PackFrame {  // PACK_FRAME
    u64 source;
    i64 pitch_bytes;
    int height, width, slot, bicubic;
    float scale[4], bias[4];
};
static_assert(sizeof(PackFrame) == 64, "differs from PACK_FRAME");

// ---- by area: a source pixel counts as `out` steps, a frame pixel as `size` steps, so that overlaps are whole numbers

struct Span {  // source pixels first..last under one frame pixel; those between count `out` steps each
    int first, last, first_steps, last_steps;
};

INLINE Span span_of(int index, int size, int out) {
    const int start = index * size, stop = start + size;
    const int first = start / out, last = (stop - 1) / out;
    return Span{first, last, first == last ? size : (first + 1) * out - start, first == last ? 0 : stop - last * out};
}

template <int CHANNELS>
INLINE void add_pixel(const u8* pixel, unsigned steps, unsigned sums[CHANNELS]) {
    for (int channel = 0; channel < CHANNELS; ++channel) sums[channel] += steps * pixel[channel];
}

// Sum the pixels first..past-1 of a row, each counted once; four at a time where that stays inside the image.
template <int CHANNELS>
INLINE void add_whole(const PackFrame& image, const u8* line, int first, int past, unsigned sums[CHANNELS]) {
    const u8* begin = (const u8*)image.source;
    const u8* end = begin + (image.height - 1) * image.pitch_bytes + CHANNELS * (i64)image.width;
    int x = first;
    for (; x + 4 <= past && may_load<CHANNELS>(line + CHANNELS * (i64)x, begin, end); x += 4) {
        unsigned words[CHANNELS];
        load_bytes<CHANNELS>(line + CHANNELS * (i64)x, words);
        for (int i = 0; i < 4 * CHANNELS; ++i) sums[i % CHANNELS] += byte_of(words, i);
    }
    for (; x < past; ++x) add_pixel<CHANNELS>(line + CHANNELS * (i64)x, 1, sums);
}

// Code values / 255 of the area under a frame's pixel; at most 255 × width in a row's sum, so 32 bits hold it.
template <int CHANNELS>
INLINE void average(const PackFrame& image, int row, int column, int height, int width, float values[CHANNELS]) {
    const Span rows = span_of(row, image.height, height), columns = span_of(column, image.width, width);
    u64 totals[CHANNELS] = {};
    for (int y = rows.first; y <= rows.last; ++y) {
        const u8* line = (const u8*)image.source + y * image.pitch_bytes;
        unsigned sums[CHANNELS] = {};
        add_whole<CHANNELS>(image, line, columns.first + 1, columns.last, sums);
        for (int channel = 0; channel < CHANNELS; ++channel) sums[channel] *= width;
        add_pixel<CHANNELS>(line + CHANNELS * (i64)columns.first, columns.first_steps, sums);
        add_pixel<CHANNELS>(line + CHANNELS * (i64)columns.last, columns.last_steps, sums);
        const unsigned steps = y == rows.first ? rows.first_steps : y == rows.last ? rows.last_steps : height;
        for (int channel = 0; channel < CHANNELS; ++channel) totals[channel] += (u64)sums[channel] * steps;
    }
    const double whole = 255.0 * image.height * image.width;
    for (int channel = 0; channel < CHANNELS; ++channel) values[channel] = (float)((double)totals[channel] / whole);
}

// ---- bicubic: Keys (1981) with a = -0.5, border pixels repeated

struct Taps {
    int first;  // of four; may lie outside
    float weights[4];
};

// Keys' kernel at a distance of `near` (within 0..1) and of 1 + `far`.
INLINE float weight_near(float near) { return (1.5f * near - 2.5f) * near * near + 1.0f; }
INLINE float weight_far(float far) { return ((2.0f - far) * far - 1.0f) * far * 0.5f; }

// The frame pixel's centre lies at ((2 index + 1) size - out) / (2 out) source pixels, split in integers.
INLINE Taps taps_of(int index, int size, int out) {
    const int steps = 2 * out, place = (2 * index + 1) * size - out;
    const int cell = place < 0 ? -1 : place / steps;  // rounded down: place is never below -steps / 2
    const float share = (float)(place - cell * steps) / (float)steps, rest = 1.0f - share;
    return Taps{cell - 1, {weight_far(share), weight_near(share), weight_near(rest), weight_far(rest)}};
}

INLINE int clamp(int position, int size) { return min(max(position, 0), size - 1); }

template <int CHANNELS>
INLINE void enlarge(const PackFrame& image, int row, int column, int height, int width, float values[CHANNELS]) {
    const Taps down = taps_of(row, image.height, height), across = taps_of(column, image.width, width);
    for (int channel = 0; channel < CHANNELS; ++channel) values[channel] = 0.0f;
    for (int j = 0; j < 4; ++j) {
        const u8* line = (const u8*)image.source + clamp(down.first + j, image.height) * image.pitch_bytes;
        for (int i = 0; i < 4; ++i) {
            const u8* pixel = line + CHANNELS * (i64)clamp(across.first + i, image.width);
            const float weight = down.weights[j] * across.weights[i];
            for (int channel = 0; channel < CHANNELS; ++channel) values[channel] += weight * (float)pixel[channel];
        }
    }
    for (int channel = 0; channel < CHANNELS; ++channel)
        values[channel] = fminf(fmaxf(values[channel] * (1.0f / 255.0f), 0.0f), 1.0f);
}

// ---- the kernels

template <int CHANNELS, bool CHANNELS_LAST, typename T>
INLINE void pack_frames(const PackFrame* frames, T* batch, int height, int width) {
    const unsigned pixels = (unsigned)height * width, blocks_of_frame = (pixels + THREADS - 1) / THREADS;
    const unsigned pixel = blockIdx.x % blocks_of_frame * THREADS + threadIdx.x;
    if (pixel >= pixels) return;
    const PackFrame& frame = frames[blockIdx.x / blocks_of_frame];
    const int row = (int)(pixel / width), column = (int)(pixel % width);
    float values[CHANNELS];
    if (frame.bicubic && frame.height <= height && frame.width <= width)
        enlarge<CHANNELS>(frame, row, column, height, width, values);
    else average<CHANNELS>(frame, row, column, height, width, values);
    for (int channel = 0; channel < CHANNELS; ++channel) {
        const i64 place = CHANNELS_LAST ? CHANNELS * ((i64)frame.slot * pixels + pixel) + channel
                                        : (CHANNELS * (i64)frame.slot + channel) * pixels + pixel;
        assign(batch[place], __fadd_rn(__fmul_rn(values[channel], frame.scale[channel]), frame.bias[channel]));
    }
}

KERNEL pack_frames_f16_nchw3(const PackFrame* frames, __half* batch, int height, int width) {
    pack_frames<3, false>(frames, batch, height, width);
}
KERNEL pack_frames_f16_nhwc3(const PackFrame* frames, __half* batch, int height, int width) {
    pack_frames<3, true>(frames, batch, height, width);
}
KERNEL pack_frames_f32_nchw3(const PackFrame* frames, float* batch, int height, int width) {
    pack_frames<3, false>(frames, batch, height, width);
}
KERNEL pack_frames_f32_nhwc3(const PackFrame* frames, float* batch, int height, int width) {
    pack_frames<3, true>(frames, batch, height, width);
}
KERNEL pack_frames_f16_nchw4(const PackFrame* frames, __half* batch, int height, int width) {
    pack_frames<4, false>(frames, batch, height, width);
}
KERNEL pack_frames_f16_nhwc4(const PackFrame* frames, __half* batch, int height, int width) {
    pack_frames<4, true>(frames, batch, height, width);
}
KERNEL pack_frames_f32_nchw4(const PackFrame* frames, float* batch, int height, int width) {
    pack_frames<4, false>(frames, batch, height, width);
}
KERNEL pack_frames_f32_nhwc4(const PackFrame* frames, float* batch, int height, int width) {
    pack_frames<4, true>(frames, batch, height, width);
}
