// convert: contiguous uint8 HWC images to a batch of floats and back, NCHW or NHWC.
//
// Grid: x, one block for 1024 pixels (NCHW) or elements (NHWC) of the whole batch; block: 256 threads, four each.
// Bounds: reads and writes 3 × `pixels` elements, `plane` being the pixels of one image.
// Reference: engine.kernels.convert. Error: none.
#include "packshot.cuh"

// The first of the thread's four pixels or elements of the batch.
INLINE u64 first_of_thread() { return ((u64)blockIdx.x * THREADS + threadIdx.x) * 4; }

INLINE int count_within(u64 first, u64 end) { return end - first < 4 ? (int)(end - first) : 4; }

// Up to four bytes of an array that is aligned to 4, `first` being a multiple of 4.
INLINE unsigned load_word(const u8* codes, u64 first, u64 end) {
    if (end - first >= 4) return *(const unsigned*)(codes + first);
    unsigned word = 0;
    for (int i = 0; i < count_within(first, end); ++i) word |= (unsigned)codes[first + i] << (i * 8);
    return word;
}

// Where channel 0 of a pixel of the whole batch lies in NCHW.
INLINE u64 place_in_planes(u64 pixel, u64 plane) { return pixel / plane * 3 * plane + pixel % plane; }

template <typename T>
INLINE void codes_to_planes(const u8* images, T* batch, u64 pixels, u64 plane) {
    const u64 first = first_of_thread();
    if (first >= pixels) return;
    unsigned words[3] = {0, 0, 0};
    for (int i = 0; i < 3; ++i)
        if (3 * first + 4 * i < 3 * pixels) words[i] = load_word(images, 3 * first + 4 * i, 3 * pixels);
    for (int i = 0; i < 4; ++i) {
        if (first + i >= pixels) return;
        T* target = batch + place_in_planes(first + i, plane);
        for (int channel = 0; channel < 3; ++channel)
            assign(target[channel * plane], float_of_code(byte_of(words, 3 * i + channel)));
    }
}

template <typename T>
INLINE void planes_to_codes(u8* images, const T* batch, u64 pixels, u64 plane) {
    const u64 first = first_of_thread();
    if (first >= pixels) return;
    const int count = count_within(first, pixels);
    unsigned words[3] = {0, 0, 0};
    for (int i = 0; i < 4; ++i) {
        const T* source = batch + place_in_planes(min(first + i, pixels - 1), plane);
        for (int channel = 0, at = 3 * i; channel < 3; ++channel, ++at)
            words[at / 4] |= code_of_float(to_float(source[channel * plane])) << (at % 4 * 8);
    }
    store_bytes<3>(images + 3 * first, 3 * count, words);
}

template <typename T>
INLINE void codes_to_elements(const u8* images, T* batch, u64 pixels) {
    const u64 first = first_of_thread();
    if (first >= 3 * pixels) return;
    const unsigned word = load_word(images, first, 3 * pixels);
    float values[4];
    for (int i = 0; i < 4; ++i) values[i] = float_of_code(byte_of(&word, i));
    store_four(batch + first, count_within(first, 3 * pixels), values);
}

template <typename T>
INLINE void elements_to_codes(u8* images, const T* batch, u64 pixels) {
    const u64 first = first_of_thread();
    if (first >= 3 * pixels) return;
    const int count = count_within(first, 3 * pixels);
    float values[4];
    load_four(batch + first, count, values);
    unsigned word = 0;
    for (int i = 0; i < 4; ++i) word |= code_of_float(values[i]) << (i * 8);
    store_bytes<1>(images + first, count, &word);
}

KERNEL codes_to_floats_f16_nchw(const u8* images, __half* batch, u64 pixels, u64 plane) {
    codes_to_planes(images, batch, pixels, plane);
}
KERNEL codes_to_floats_f32_nchw(const u8* images, float* batch, u64 pixels, u64 plane) {
    codes_to_planes(images, batch, pixels, plane);
}
KERNEL codes_to_floats_f16_nhwc(const u8* images, __half* batch, u64 pixels, u64) {
    codes_to_elements(images, batch, pixels);
}
KERNEL codes_to_floats_f32_nhwc(const u8* images, float* batch, u64 pixels, u64) {
    codes_to_elements(images, batch, pixels);
}
KERNEL floats_to_codes_f16_nchw(u8* images, const __half* batch, u64 pixels, u64 plane) {
    planes_to_codes(images, batch, pixels, plane);
}
KERNEL floats_to_codes_f32_nchw(u8* images, const float* batch, u64 pixels, u64 plane) {
    planes_to_codes(images, batch, pixels, plane);
}
KERNEL floats_to_codes_f16_nhwc(u8* images, const __half* batch, u64 pixels, u64) {
    elements_to_codes(images, batch, pixels);
}
KERNEL floats_to_codes_f32_nhwc(u8* images, const float* batch, u64 pixels, u64) {
    elements_to_codes(images, batch, pixels);
}
