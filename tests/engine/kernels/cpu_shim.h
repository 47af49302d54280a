// Runs the CUDA C++ of engine/kernels as plain C++: threads one after the other, in the order of their indices.
// For tests alone. Covers what the kernels use: no shared memory, no __syncthreads, no shuffles, no atomics.
// Each kernel gets an exported twin, launch_<kernel>, that takes its parameters as cuLaunchKernel does.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>

using std::max;
using std::min;

struct uint3 {
    unsigned x, y, z;
};
struct dim3 {
    unsigned x, y, z;
};
static thread_local uint3 threadIdx, blockIdx;
static thread_local dim3 blockDim, gridDim;

#define __global__
#define __device__
#define __host__
#define __forceinline__ static inline
#define __launch_bounds__(...)

struct __half {
    _Float16 value;
};
static inline float __half2float(__half half) { return (float)half.value; }
static inline __half __float2half_rn(float value) { return __half{(_Float16)value}; }

// Compiled with -ffp-contract=off, so that these are never fused, as on the device.
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return (unsigned)(((std::uint64_t)high << 32 | low) >> (shift & 31));
}

namespace shim {

template <class Kernel>
void run_blocks(const unsigned* grid_block, Kernel kernel) {
    gridDim = dim3{grid_block[0], grid_block[1], grid_block[2]};
    blockDim = dim3{grid_block[3], grid_block[4], grid_block[5]};
    for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x)
                for (threadIdx.z = 0; threadIdx.z < blockDim.z; ++threadIdx.z)
                    for (threadIdx.y = 0; threadIdx.y < blockDim.y; ++threadIdx.y)
                        for (threadIdx.x = 0; threadIdx.x < blockDim.x; ++threadIdx.x) kernel();
}

// Parameters: one pointer each, or, where `each` is null, all in one buffer, each aligned to its own size.
template <class... Arguments>
void launch(void (*kernel)(Arguments...), const unsigned* grid_block, void** each, const char* buffer) {
    std::tuple<std::remove_const_t<Arguments>...> arguments;
    std::size_t offset = 0;
    const auto read = [&](auto& argument) {
        constexpr std::size_t size = sizeof(argument), alignment = alignof(std::remove_reference_t<decltype(argument)>);
        offset = (offset + alignment - 1) / alignment * alignment;
        std::memcpy(&argument, each ? *each++ : (const void*)(buffer + offset), size);
        offset += size;
    };
    std::apply([&](auto&... argument) { (read(argument), ...); }, arguments);
    run_blocks(grid_block, [&] { std::apply(kernel, arguments); });
}

}  // namespace shim

#define SHIM_EXPORT(kernel)                                                                             \
    extern "C" void launch_##kernel(const unsigned* grid_block, void** each, const char* buffer) { \
        shim::launch(&kernel, grid_block, each, buffer);                                                \
    }
