// Devices, the primary context, what tests may plant and read, and how cuda-bindings looks functions up.
#include <dlfcn.h>
#include <string.h>

#include "standin.hpp"

using namespace standin;

struct CUctx_st {
    int retained = 0;
};

namespace {

CUctx_st primary;
constexpr const char* NAME = "CPU stand-in";

const char* words(CUresult code) {
    switch (code) {
        case CUDA_SUCCESS: return "no error";
        case CUDA_ERROR_INVALID_VALUE: return "invalid argument";
        case CUDA_ERROR_OUT_OF_MEMORY: return "out of memory";
        case CUDA_ERROR_NO_DEVICE: return "no CUDA-capable device is detected";
        case CUDA_ERROR_INVALID_IMAGE: return "device kernel image is invalid";
        case CUDA_ERROR_INVALID_DEVICE: return "invalid device ordinal";
        case CUDA_ERROR_INVALID_CONTEXT: return "invalid device context";
        case CUDA_ERROR_ECC_UNCORRECTABLE: return "uncorrectable ECC error encountered";
        case CUDA_ERROR_ILLEGAL_ADDRESS: return "an illegal memory access was encountered";
        case CUDA_ERROR_LAUNCH_FAILED: return "unspecified launch failure";
        case CUDA_ERROR_LAUNCH_TIMEOUT: return "the launch timed out and was terminated";
        case CUDA_ERROR_NOT_FOUND: return "named symbol not found";
        case CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED: return "operation not permitted when stream is capturing";
        case CUDA_ERROR_NOT_SUPPORTED: return "operation not supported";
        default: return "an error that the stand-in has no words for";
    }
}

}  // namespace

namespace standin {

State& state() {
    static State* one = new State;  // never destroyed: Python's last objects go after static destructors
    return *one;
}

std::vector<CUcontext>& contexts() {
    static thread_local std::vector<CUcontext> stack;
    return stack;
}

CUresult enter() {
    if (contexts().empty() || !contexts().back()) return CUDA_ERROR_INVALID_CONTEXT;
    return state().sticky;
}

}  // namespace standin

extern "C" {

CUresult cuInit(unsigned) { return state().devices ? CUDA_SUCCESS : CUDA_ERROR_NO_DEVICE; }
CUresult cuDriverGetVersion(int* version) { *version = CUDA_VERSION; return CUDA_SUCCESS; }
CUresult cuGetErrorString(CUresult code, const char** text) { *text = words(code); return CUDA_SUCCESS; }
CUresult cuGetErrorName(CUresult code, const char** text) { *text = words(code); return CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int* count) { *count = state().devices; return CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice* device, int index) {
    *device = index;
    return index >= 0 && index < state().devices ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
CUresult cuDeviceGetName(char* text, int size, CUdevice) { strncpy(text, NAME, size); return CUDA_SUCCESS; }
CUresult cuDeviceTotalMem(size_t* bytes, CUdevice) { *bytes = state().memory_limit; return CUDA_SUCCESS; }
CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice) { *major = 9; *minor = 0; return CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
    switch (attribute) {
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = 9; break;
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = 0; break;
        case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *value = 132; break;
        case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = 1024; break;
        case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *value = 32; break;
        default: *value = 1;
    }
    return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
    ++primary.retained;
    ++state().facts.contexts;
    *context = &primary;
    return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease(CUdevice) {
    if (!primary.retained) return CUDA_ERROR_INVALID_CONTEXT;
    --primary.retained;
    --state().facts.contexts;
    return CUDA_SUCCESS;
}
CUresult cuCtxPushCurrent(CUcontext context) { contexts().push_back(context); return CUDA_SUCCESS; }
CUresult cuCtxPopCurrent(CUcontext* context) {
    if (contexts().empty()) return CUDA_ERROR_INVALID_CONTEXT;
    if (context) *context = contexts().back();
    contexts().pop_back();
    return CUDA_SUCCESS;
}
CUresult cuCtxGetCurrent(CUcontext* context) {
    *context = contexts().empty() ? nullptr : contexts().back();
    return CUDA_SUCCESS;
}
CUresult cuCtxSetCurrent(CUcontext context) {
    if (!contexts().empty()) contexts().pop_back();
    if (context) contexts().push_back(context);
    return CUDA_SUCCESS;
}
CUresult cuCtxGetDevice(CUdevice* device) { *device = 0; return enter(); }
CUresult cuCtxSynchronize() {
    STANDIN_ENTER();
    if (anything_captures()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    return drain_all(false);
}

CUresult cuGetProcAddress(const char* name, void** function, int, cuuint64_t, CUdriverProcAddressQueryResult* status) {
    static void* self = [] {
        Dl_info info;
        dladdr(reinterpret_cast<void*>(&cuInit), &info);
        return dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    }();
    *function = nullptr;
    for (const char* suffix : {"_v4", "_v3", "_v2", "WithFlags", ""})  // the newest first
        if ((*function = dlsym(self, (std::string(name) + suffix).c_str()))) break;
    if (status) *status = *function ? CU_GET_PROC_ADDRESS_SUCCESS : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}
// NVRTC asks for it as soon as there is a driver, and calls it unseen.
CUresult cuGetExportTable(const void** table, const CUuuid*) {
    *table = nullptr;
    return CUDA_ERROR_NOT_FOUND;
}

// ---- for tests (tests/engine/cuda/standin/__init__.py)
void standin_reset(uint64_t seed, uint64_t memory_limit, int devices) {
    std::lock_guard<std::recursive_mutex> guard(state().lock);
    reset_streams();
    reset_memory();
    State& all = state();
    all.facts = Facts{};
    all.seed = seed;
    all.random.seed(seed);
    all.eagerness = (seed % 3) * 0.3;  // 0: nothing runs before it is waited for
    all.memory_limit = memory_limit;
    all.devices = devices;
    all.sticky = all.planted = CUDA_SUCCESS;
    all.planted_after = all.allocations_left = -1;
}
void standin_plant_error(int code, int64_t after_kernels) {
    state().planted = static_cast<CUresult>(code);
    state().planted_after = after_kernels;
    if (after_kernels < 0) state().sticky = state().planted;
}
void standin_plant_out_of_memory(int64_t after_allocations) { state().allocations_left = after_allocations; }
void standin_limit_memory(uint64_t size) { state().memory_limit = size; }
void standin_facts(Facts* facts) {
    std::lock_guard<std::recursive_mutex> guard(state().lock);
    check_guards();
    *facts = state().facts;
}

}  // extern "C"
