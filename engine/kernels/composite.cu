// composite: a uint8 RGB foreground over a background, image or colour, by a matte; on sRGB code values.
//
// Grid: x, as many blocks as composite_launch counts; block: 256 threads, each for four pixels of a row.
// Bounds: reads only the pixels of the images and mattes; writes only the targets' pixels. In place is allowed.
// Reference: engine.kernels.composite.composite. Error: none, for either type of matte.
#include "packshot.cuh"

struct CompositeImage {  // COMPOSITE_IMAGE
    u64 foreground;
    i64 foreground_pitch_bytes;
    u64 background;
    i64 background_pitch_bytes;
    u64 matte;
    i64 matte_pitch_bytes;
    u64 target;
    i64 target_pitch_bytes;
    int height, width;
    u8 color[4];
    unsigned first_block;
};
static_assert(sizeof(CompositeImage) == 80, "differs from COMPOSITE_IMAGE");

// Nearest to (f a + b (255 - a)) / 255; 255 is odd, so there are no halves.
INLINE unsigned blend(unsigned front, unsigned back, u8 alpha) {
    return (front * alpha + back * (255u - alpha) + 127u) / 255u;
}

// floor(b + a (f - b) + 0.5), each step rounded as NumPy does (never fused); NaN counts as 0.
INLINE unsigned blend(unsigned front, unsigned back, float alpha) {
    const float share = fminf(fmaxf(alpha, 0.0f), 1.0f), below = (float)back;
    return (unsigned)__fadd_rn(__fadd_rn(below, __fmul_rn(share, (float)front - below)), 0.5f);
}

INLINE void load_background(const CompositeImage& image, const Group& group, unsigned words[3]) {
    if (image.background != 0) {
        const u8* source = (const u8*)image.background;
        load_group(source, image.background_pitch_bytes, image.height, image.width, group, words);
        return;
    }
    words[0] = words[1] = words[2] = 0;
    for (int i = 0; i < 12; ++i) words[i / 4] |= (unsigned)image.color[i % 3] << (i % 4 * 8);
}

template <typename M>
INLINE void composite(const CompositeImage* images, unsigned count) {
    const CompositeImage image = images[row_of_block(&images->first_block, sizeof(CompositeImage), count)];
    const Group group = group_of_thread(image.first_block, image.height, image.width);
    if (group.count == 0) return;
    unsigned front[3], back[3], blended[3] = {0, 0, 0};
    load_group((const u8*)image.foreground, image.foreground_pitch_bytes, image.height, image.width, group, front);
    load_background(image, group, back);
    const M* matte = (const M*)((const u8*)image.matte + group.y * image.matte_pitch_bytes) + group.x;
    for (int i = 0; i < 4; ++i) {
        const M alpha = i < group.count ? matte[i] : (M)0;
        for (int at = 3 * i; at < 3 * i + 3; ++at)
            blended[at / 4] |= blend(byte_of(front, at), byte_of(back, at), alpha) << (at % 4 * 8);
    }
    store_group((u8*)image.target, image.target_pitch_bytes, group, blended);
}

KERNEL composite_u8(const CompositeImage* images, unsigned count) { composite<u8>(images, count); }
KERNEL composite_f32(const CompositeImage* images, unsigned count) { composite<float>(images, count); }
