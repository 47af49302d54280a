// Modules and launches: functions are those of a shared library that a C++
// compiler built from .cu files through the kernels' CPU shim (tests/engine/kernels) and kernel_exports.hpp.
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "standin.hpp"

using namespace standin;

struct CUmod_st {
    void* library;
};
struct CUfunc_st {
    void (*launch)(const unsigned* grid_and_block, void** each_parameter, const char* parameter_buffer);
    size_t parameter_bytes;
};

extern "C" {

CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, CUjit_option*, void**) {
    STANDIN_ENTER();
    const char* text = static_cast<const char*>(image);
    const char* path = strncmp(text, "CPUSO:", 6) == 0 ? text + 6 : nullptr;
    // To rehearse `make test-gpu`: any cubin stands for the library that this variable names.
    if (strncmp(text, "\x7f" "ELF", 4) == 0) path = getenv("STANDIN_CUBINS");
    if (!path) return CUDA_ERROR_INVALID_IMAGE;
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) return CUDA_ERROR_FILE_NOT_FOUND;
    *module = new CUmod_st{library};
    ++state().facts.modules;
    return CUDA_SUCCESS;
}
CUresult cuModuleLoadData(CUmodule* module, const void* image) {
    return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}
CUresult cuModuleUnload(CUmodule module) {
    STANDIN_ENTER();
    --state().facts.modules;
    delete module;  // the library stays loaded: its functions may still be queued
    return CUDA_SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
    STANDIN_ENTER();
    void* launch = dlsym(module->library, (std::string("launch_") + name).c_str());
    void* bytes = dlsym(module->library, (std::string("parameter_bytes_") + name).c_str());
    if (!launch || !bytes) return CUDA_ERROR_NOT_FOUND;
    static std::map<void*, CUfunc_st> functions;  // handles are never given back, as in CUDA
    auto& entry = functions[launch];
    entry = {reinterpret_cast<decltype(CUfunc_st::launch)>(launch), *static_cast<const size_t*>(bytes)};
    *function = &entry;
    return CUDA_SUCCESS;
}
CUresult cuFuncSetBlockShape(CUfunction, int x, int y, int z) {
    return x > 0 && y > 0 && z > 0 && 1ll * x * y * z <= 1024 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

// Takes parameters as PyCUDA passes them: in one buffer, which must have the size that the kernel's own have.
CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                        unsigned block_y, unsigned block_z, unsigned, CUstream stream, void** parameters, void** extra) {
    STANDIN_ENTER();
    const char* buffer = nullptr;
    size_t size = 0;
    for (int i = 0; extra && extra[i] != CU_LAUNCH_PARAM_END; i += 2) {
        if (extra[i] == CU_LAUNCH_PARAM_BUFFER_POINTER) buffer = static_cast<const char*>(extra[i + 1]);
        if (extra[i] == CU_LAUNCH_PARAM_BUFFER_SIZE) size = *static_cast<const size_t*>(extra[i + 1]);
    }
    bool grid_fits = grid_x && grid_y && grid_z && grid_x <= 0x7fffffff && grid_y <= 65535 && grid_z <= 65535;
    bool block_fits = block_x && block_y && block_z && block_z <= 64 && 1ull * block_x * block_y * block_z <= 1024;
    if (!grid_fits || !block_fits || parameters || !buffer || size != function->parameter_bytes) {
        ++state().facts.refused_launches;
        return CUDA_ERROR_INVALID_VALUE;
    }
    ++state().facts.launches;
    auto run = [=, arguments = std::string(buffer, size)] {
        if (state().planted && state().planted_after-- == 0) return state().planted;
        const unsigned shape[6] = {grid_x, grid_y, grid_z, block_x, block_y, block_z};
        function->launch(shape, nullptr, arguments.data());
        return CUDA_SUCCESS;
    };
    return enqueue(stream, Op{Op::RUN, std::move(run), {}, 0});
}

}  // extern "C"
