// What the kernels share. One source for nvcc, NVRTC and, in the tests, a C++ compiler (PACKSHOT_CPU_SHIM).
// Blocks and threads lie along x alone; no kernel waits for another thread or adds floats atomically, so that results
// do not depend on the order of threads.
#pragma once
#ifdef PACKSHOT_CPU_SHIM
#include "cpu_shim.h"
#else
#include <cuda_fp16.h>
#endif

typedef unsigned char u8;
typedef unsigned long long u64;
typedef long long i64;

constexpr int THREADS = 256;  // of every block
#define KERNEL extern "C" __global__ void __launch_bounds__(THREADS)
#define INLINE __device__ __forceinline__

// ---- tables

// The row of a table that this block works for: the last whose first_block is not beyond it.
INLINE unsigned row_of_block(const void* first_block, unsigned row_bytes, unsigned count) {
    const u8* column = (const u8*)first_block;
    unsigned low = 0, high = count;
    while (high - low > 1) {
        const unsigned middle = low + (high - low) / 2;
        if (*(const unsigned*)(column + (u64)middle * row_bytes) <= blockIdx.x) low = middle;
        else high = middle;
    }
    return low;
}

// ---- floats of both types

INLINE float to_float(float value) { return value; }
INLINE float to_float(__half value) { return __half2float(value); }
INLINE void assign(float& target, float value) { target = value; }
INLINE void assign(__half& target, float value) { target = __float2half_rn(value); }

template <typename T>
struct alignas(4 * sizeof(T)) Four {  // one load or store of 8 or 16 bytes
    T v[4];
};

// Up to four neighbours; those beyond `count` become 0.
template <typename T>
INLINE void load_four(const T* source, int count, float values[4]) {
    if (count >= 4 && (u64)source % sizeof(Four<T>) == 0) {
        const Four<T> four = *(const Four<T>*)source;
        for (int i = 0; i < 4; ++i) values[i] = to_float(four.v[i]);
    } else {
        for (int i = 0; i < 4; ++i) values[i] = i < count ? to_float(source[i]) : 0.0f;
    }
}

template <typename T>
INLINE void store_four(T* target, int count, const float values[4]) {
    if (count >= 4 && (u64)target % sizeof(Four<T>) == 0) {
        Four<T> four;
        for (int i = 0; i < 4; ++i) assign(four.v[i], values[i]);
        *(Four<T>*)target = four;
    } else {
        for (int i = 0; i < 4; ++i)
            if (i < count) assign(target[i], values[i]);
    }
}

// ---- code values

// code / 255 rounded to nearest, as IEEE division gives: a product, and one step that mends its last bit.
INLINE float float_of_code(unsigned code) {
    const float inverse = 1.0f / 255.0f, exact = (float)code, near = exact * inverse;
    return fmaf(fmaf(-near, 255.0f, exact), inverse, near);
}

// floor(value * 255 + 0.5) within 0..255, rounded twice as NumPy does (never fused); NaN becomes 0.
INLINE unsigned code_of_float(float value) {
    return (unsigned)fminf(fmaxf(__fadd_rn(__fmul_rn(value, 255.0f), 0.5f), 0.0f), 255.0f);
}

INLINE unsigned byte_of(const unsigned* words, int index) { return words[index / 4] >> (index % 4 * 8) & 255u; }

// ---- rows of bytes, four or twelve at a time

// WORDS × 4 bytes from any address, lowest first, by aligned loads. Touches up to 3 bytes before and behind them.
template <int WORDS>
INLINE void load_bytes(const u8* source, unsigned words[WORDS]) {
    const unsigned beyond = (unsigned)((u64)source % 4);
    const unsigned* aligned = (const unsigned*)(source - beyond);
    for (int i = 0; i < WORDS; ++i) words[i] = aligned[i];
    if (beyond == 0) return;
    const unsigned last = aligned[WORDS];
    for (int i = 0; i < WORDS; ++i)
        words[i] = __funnelshift_r(words[i], i + 1 < WORDS ? words[i + 1] : last, beyond * 8);
}

// True where load_bytes<WORDS> touches nothing outside the image's bytes.
template <int WORDS>
INLINE bool may_load(const u8* source, const u8* image, const u8* image_end) {
    const u64 beyond = (u64)source % 4;
    return (u64)source - beyond >= (u64)image && (u64)source - beyond + 4 * WORDS + (beyond ? 4 : 0) <= (u64)image_end;
}

// Write `count` of up to 4 × WORDS bytes.
template <int WORDS>
INLINE void store_bytes(u8* target, int count, const unsigned words[WORDS]) {
    if (count == 4 * WORDS && (u64)target % 4 == 0) {
        for (int i = 0; i < WORDS; ++i) ((unsigned*)target)[i] = words[i];
    } else {
        for (int i = 0; i < 4 * WORDS; ++i)
            if (i < count) target[i] = (u8)byte_of(words, i);
    }
}

// ---- groups of four pixels of a row: what a thread of the full-size kernels works on

struct Group {
    int y, x, count;  // count: 1..4 pixels; 0 where there is nothing to do
};

INLINE Group group_of_thread(unsigned first_block, int height, int width) {
    const unsigned per_row = (unsigned)(width + 3) / 4, index = (blockIdx.x - first_block) * THREADS + threadIdx.x;
    const unsigned y = index / per_row;
    if (y >= (unsigned)height) return Group{0, 0, 0};
    const int x = (int)(index - y * per_row) * 4;
    return Group{(int)y, x, min(4, width - x)};
}

// The group's RGB pixels of an image; those beyond its count become 0.
INLINE void load_group(const u8* image, i64 pitch_bytes, int height, int width, const Group& group, unsigned words[3]) {
    const u8* source = image + group.y * pitch_bytes + 3 * (i64)group.x;
    const u8* image_end = image + (height - 1) * pitch_bytes + 3 * (i64)width;
    if (group.count == 4 && may_load<3>(source, image, image_end)) {
        load_bytes<3>(source, words);
        return;
    }
    words[0] = words[1] = words[2] = 0;
    for (int i = 0; i < 12; ++i)
        if (i < 3 * group.count) words[i / 4] |= (unsigned)source[i] << (i % 4 * 8);
}

INLINE void store_group(u8* image, i64 pitch_bytes, const Group& group, const unsigned words[3]) {
    store_bytes<3>(image + group.y * pitch_bytes + 3 * (i64)group.x, 3 * group.count, words);
}
