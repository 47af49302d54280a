// A network for tests, exact in every type: each value of the answer is one of the input's, at most one pixel away, or
// the largest of those. Clamped at the slot's borders. An input of exactly 1 becomes NaN where `poisons` is set.
// One channel out is the last of the input's; three are its first.
#include "packshot.cuh"

template <typename T>
INLINE T value_at(const T* slot, int channel, int channels, int y, int x, int height, int width, bool channels_last) {
    y = min(max(y, 0), height - 1);
    x = min(max(x, 0), width - 1);
    return channels_last ? slot[((i64)y * width + x) * channels + channel] : slot[((i64)channel * height + y) * width + x];
}

template <typename T>
INLINE void spread(
    const T* input, T* output, int slots, int out, int in, int height, int width, int scale, int channels_last, int poisons
) {
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    const int out_height = scale * height, out_width = scale * width;
    if (index >= (u64)slots * out * out_height * out_width) return;
    const int x = (int)(index % out_width), y = (int)(index / out_width % out_height);
    const int channel = (int)(index / out_width / out_height % out), slot = (int)(index / out_width / out_height / out);
    const int seen = out == 1 ? in - 1 : channel;
    const T* source = input + (u64)slot * in * height * width;
    float answer;
    if (x % scale == 0 && y % scale == 0) {
        answer = 0.0f;
        for (int dy = -1; dy <= 1; ++dy)
            for (int dx = -1; dx <= 1; ++dx)
                answer = fmaxf(answer, to_float(value_at(source, seen, in, y / scale + dy, x / scale + dx, height, width, channels_last)));
    } else {
        const int dy = y % scale ? 1 : -1, dx = x % scale ? 1 : -1;
        answer = to_float(value_at(source, seen, in, y / scale + dy, x / scale + dx, height, width, channels_last));
    }
    if (poisons && answer == 1.0f) answer = (answer - 1.0f) / (answer - 1.0f);
    T* target = output + (u64)slot * out * out_height * out_width;
    assign(target[channels_last ? ((u64)y * out_width + x) * out + channel : ((u64)channel * out_height + y) * out_width + x], answer);
}

KERNEL spread_f16(
    const __half* input, __half* output, int slots, int out, int in, int height, int width, int scale, int channels_last, int poisons
) {
    spread(input, output, slots, out, in, height, width, scale, channels_last, poisons);
}
KERNEL spread_f32(
    const float* input, float* output, int slots, int out, int in, int height, int width, int scale, int channels_last, int poisons
) {
    spread(input, output, slots, out, in, height, width, scale, channels_last, poisons);
}

// A frame model's network: value i of a slot's answer is value i of its input, taken round and round.
KERNEL repeat_f16(const __half* input, __half* output, int slots, int inputs, int outputs) {
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    if (index < (u64)slots * outputs) output[index] = input[index / outputs * inputs + index % outputs % inputs];
}
KERNEL repeat_f32(const float* input, float* output, int slots, int inputs, int outputs) {
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    if (index < (u64)slots * outputs) output[index] = input[index / outputs * inputs + index % outputs % inputs];
}
