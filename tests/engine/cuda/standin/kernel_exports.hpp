// Forced into every kernel's translation unit (-include): exports the size of its parameters beside its twin.
#pragma once
#include "cpu_shim.h"

namespace shim {

template <class... Arguments>
constexpr std::size_t parameter_bytes(void (*)(Arguments...)) {
    std::size_t offset = 0;
    ((offset = (offset + alignof(Arguments) - 1) / alignof(Arguments) * alignof(Arguments) + sizeof(Arguments)), ...);
    return offset;
}

}  // namespace shim

#undef SHIM_EXPORT
#define SHIM_EXPORT(kernel)                                                                            \
    extern "C" {                                                                                       \
    void launch_##kernel(const unsigned* grid_block, void** each, const char* buffer) {                \
        shim::launch(&kernel, grid_block, each, buffer);                                               \
    }                                                                                                  \
    extern const std::size_t parameter_bytes_##kernel;                                                 \
    const std::size_t parameter_bytes_##kernel = shim::parameter_bytes(&kernel);                       \
    }
