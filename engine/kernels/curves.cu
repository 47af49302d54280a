// curves: one table of 256 codes for each channel over whole uint8 HWC images.
//
// Grid: x, as many blocks as curves_launch counts; block: 256 threads, each for four pixels of a row.
// Bounds: reads only the images' bytes and their 768 codes; writes only the targets' pixels. In place is allowed.
// Reference: engine.kernels.curves.curves. Error: none.
#include "packshot.cuh"

struct CurvesImage {  // CURVES_IMAGE
    u64 source;
    i64 source_pitch_bytes;
    u64 target;
    i64 target_pitch_bytes;
    u64 codes;
    int height, width;
    unsigned first_block, reserved;
};
static_assert(sizeof(CurvesImage) == 56, "differs from CURVES_IMAGE");

KERNEL curves(const CurvesImage* images, unsigned count) {
    const CurvesImage image = images[row_of_block(&images->first_block, sizeof(CurvesImage), count)];
    const Group group = group_of_thread(image.first_block, image.height, image.width);
    if (group.count == 0) return;
    unsigned words[3], mapped[3] = {0, 0, 0};
    load_group((const u8*)image.source, image.source_pitch_bytes, image.height, image.width, group, words);
    const u8* codes = (const u8*)image.codes;
    for (int i = 0; i < 12; ++i)
        mapped[i / 4] |= (unsigned)codes[i % 3 * 256 + byte_of(words, i)] << (i % 4 * 8);
    store_group((u8*)image.target, image.target_pitch_bytes, group, mapped);
}
