// Memory: between guards, filled with a pattern, poisoned when freed, and counted; and the copies between its two kinds.
#include <string.h>

#include "standin.hpp"

using namespace standin;

namespace {

constexpr size_t GUARD = 4096;
// 0xFF: not a number, in float16 as in float32
constexpr unsigned char FRESH = 0xFF, FREED = 0xDD;
constexpr size_t FREED_KEPT = 64;

bool all_bytes(uintptr_t from, size_t count, unsigned char value) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(from);
    return count == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, count - 1) == 0);
}

bool guards_hold(uintptr_t address, const Block& block) {
    return all_bytes(address - GUARD, GUARD, FRESH) && all_bytes(address + block.size, GUARD, FRESH);
}

void forget_oldest_freed() {
    auto [address, block] = state().freed.front();
    state().freed.pop_front();
    if (!all_bytes(address, block.size, FREED)) ++state().facts.writes_after_free;
    free(reinterpret_cast<void*>(address - GUARD));
}

uintptr_t allocate(size_t size, bool pinned) {
    size_t whole = (size + 2 * GUARD + GUARD - 1) / GUARD * GUARD;
    void* memory = aligned_alloc(GUARD, whole);
    if (!memory) return 0;
    memset(memory, FRESH, whole);
    uintptr_t address = reinterpret_cast<uintptr_t>(memory) + GUARD;
    state().blocks[address] = {size, pinned};
    return address;
}

CUresult release(uintptr_t address, bool pinned) {
    auto found = state().blocks.find(address);
    if (found == state().blocks.end() || found->second.pinned != pinned) return CUDA_ERROR_INVALID_VALUE;
    Block block = found->second;
    if (!guards_hold(address, block)) ++state().facts.overruns;
    (pinned ? state().facts.pinned_bytes : state().facts.device_bytes) -= block.size;
    state().blocks.erase(found);
    memset(reinterpret_cast<void*>(address), FREED, block.size);
    state().freed.emplace_back(address, block);
    if (state().freed.size() > FREED_KEPT) forget_oldest_freed();
    return CUDA_SUCCESS;
}

bool on_device(CUdeviceptr address, size_t size) {
    const Block* block = find_block(address, size);
    return block && !block->pinned;
}

bool is_pinned(const void* address, size_t size) {
    const Block* block = find_block(reinterpret_cast<uintptr_t>(address), size);
    return block && block->pinned;
}

// A copy that looks at its device addresses twice: when it is asked for, and when it runs.
Op copy_op(void* to, const void* from, size_t size, CUdeviceptr device) {
    return Op{Op::RUN,
              [=] {
                  if (!on_device(device, size)) return CUDA_ERROR_ILLEGAL_ADDRESS;
                  memcpy(to, from, size);
                  return CUDA_SUCCESS;
              },
              {},
              0};
}

CUresult to_device(CUdeviceptr to, const void* from, size_t size, CUstream stream, bool now) {
    if (!on_device(to, size)) return CUDA_ERROR_INVALID_VALUE;
    auto* device = reinterpret_cast<void*>(to);
    if (now || !stream || is_pinned(from, size)) return enqueue(stream, copy_op(device, from, size, to));
    ++state().facts.pageable_copies;  // a driver stages pageable memory before it returns
    auto staged = std::make_shared<std::string>(static_cast<const char*>(from), size);
    Op op = copy_op(device, staged->data(), size, to);
    op.run = [staged, run = op.run] { return run(); };
    return enqueue(stream, std::move(op));
}

CUresult from_device(void* to, CUdeviceptr from, size_t size, CUstream stream, bool now) {
    if (!on_device(from, size)) return CUDA_ERROR_INVALID_VALUE;
    Op op = copy_op(to, reinterpret_cast<const void*>(from), size, from);
    if (now || !stream || is_pinned(to, size)) return enqueue(stream, std::move(op));
    ++state().facts.pageable_copies;  // to pageable memory a driver returns when the copy is done
    CUresult result = enqueue(stream, std::move(op));
    return result == CUDA_SUCCESS ? drain(stream) : result;
}

}  // namespace

namespace standin {

const Block* find_block(uintptr_t address, size_t size) {
    auto after = state().blocks.upper_bound(address);
    if (after == state().blocks.begin()) return nullptr;
    auto& [start, block] = *--after;
    return address + size <= start + block.size ? &block : nullptr;
}

void check_guards() {
    for (auto& [address, block] : state().blocks)
        if (!guards_hold(address, block)) ++state().facts.overruns;
    while (!state().freed.empty()) forget_oldest_freed();
}

void reset_memory() {
    for (auto& [address, block] : state().blocks) free(reinterpret_cast<void*>(address - GUARD));
    state().blocks.clear();
    while (!state().freed.empty()) forget_oldest_freed();
}

}  // namespace standin

extern "C" {

CUresult cuMemAlloc(CUdeviceptr* address, size_t size) {
    STANDIN_ENTER();
    Facts& facts = state().facts;
    if (!size) return CUDA_ERROR_INVALID_VALUE;
    if (anything_captures()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (state().allocations_left == 0 || facts.device_bytes + size > state().memory_limit)
        return CUDA_ERROR_OUT_OF_MEMORY;
    if (state().allocations_left > 0) --state().allocations_left;
    *address = allocate(size, false);
    if (!*address) return CUDA_ERROR_OUT_OF_MEMORY;
    ++facts.device_allocations;
    facts.device_bytes += size;
    facts.device_peak = std::max(facts.device_peak, facts.device_bytes);
    return CUDA_SUCCESS;
}
CUresult cuMemFree(CUdeviceptr address) {
    STANDIN_ENTER();
    if (CUresult result = drain_all(false); result != CUDA_SUCCESS) return result;  // cuMemFree waits for the device
    return address ? release(address, false) : CUDA_SUCCESS;
}
CUresult cuMemHostAlloc(void** address, size_t size, unsigned) {
    STANDIN_ENTER();
    *address = reinterpret_cast<void*>(allocate(size, true));
    if (!*address) return CUDA_ERROR_OUT_OF_MEMORY;
    ++state().facts.pinned_allocations;
    state().facts.pinned_bytes += size;
    state().facts.pinned_peak = std::max(state().facts.pinned_peak, state().facts.pinned_bytes);
    return CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void* address) {
    STANDIN_ENTER();
    if (CUresult result = drain_all(false); result != CUDA_SUCCESS) return result;
    return release(reinterpret_cast<uintptr_t>(address), true);
}
CUresult cuMemGetInfo(size_t* free_bytes, size_t* total) {
    STANDIN_ENTER();
    *total = state().memory_limit;
    *free_bytes = state().memory_limit - std::min(state().memory_limit, state().facts.device_bytes);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoD(CUdeviceptr to, const void* from, size_t size) {
    STANDIN_ENTER();
    return to_device(to, from, size, nullptr, true);
}
CUresult cuMemcpyDtoH(void* to, CUdeviceptr from, size_t size) {
    STANDIN_ENTER();
    return from_device(to, from, size, nullptr, true);
}
CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t size, CUstream stream) {
    STANDIN_ENTER();
    return to_device(to, from, size, stream, false);
}
CUresult cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t size, CUstream stream) {
    STANDIN_ENTER();
    return from_device(to, from, size, stream, false);
}
CUresult cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream) {
    STANDIN_ENTER();
    if (!on_device(to, size) || !on_device(from, size)) return CUDA_ERROR_INVALID_VALUE;
    return enqueue(stream, copy_op(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), size, to));
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t size, CUstream stream) {
    STANDIN_ENTER();
    if (!on_device(to, size)) return CUDA_ERROR_INVALID_VALUE;
    return enqueue(stream, Op{Op::RUN, [=] { memset(reinterpret_cast<void*>(to), value, size); return CUDA_SUCCESS; }, {}, 0});
}
CUresult cuMemcpyDtoD(CUdeviceptr to, CUdeviceptr from, size_t size) { return cuMemcpyDtoDAsync(to, from, size, nullptr); }
CUresult cuMemsetD8(CUdeviceptr to, unsigned char value, size_t size) { return cuMemsetD8Async(to, value, size, nullptr); }

}  // extern "C"
