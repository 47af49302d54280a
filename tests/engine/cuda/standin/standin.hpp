// A stand-in for NVIDIA's libcuda.so.1 that runs on the CPU, for tests. Device memory is host memory, a module is a
// shared library that g++ built from the same .cu file (its image: "CPUSO:" and the path), and streams are queues whose
// operations run late, in an order that a seed decides, so that a missing event shows as a wrong result.
//
// The prototypes are those of the real cuda.h: the compiler holds every function here against them.
#pragma once
#include <cuda.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace standin {

using Run = std::function<CUresult()>;

struct EventState {  // outlives its handle while operations still point to it
    uint64_t enqueued = 0, done = 0;  // how often it was recorded, and up to which of these the streams have come
    int64_t done_ns = 0;
};

struct Op {
    enum Kind { RUN, RECORD, WAIT } kind;
    Run run;
    std::shared_ptr<EventState> event;
    uint64_t version = 0;
};

struct Block {
    size_t size;
    bool pinned;
};

// What tests may read; the field order is that of `Facts` in tests/engine/cuda/standin/__init__.py.
struct Facts {
    uint64_t device_bytes, device_peak, device_allocations, pinned_bytes, pinned_peak, pinned_allocations;
    uint64_t streams, events, modules, graphs, contexts;  // alive
    uint64_t launches, graph_launches, pageable_copies, overruns, writes_after_free, refused_launches;
};

struct State {
    std::recursive_mutex lock;
    Facts facts{};
    uint64_t memory_limit = 8ull << 30;
    int devices = 1;
    uint64_t seed = 0;  // 0: every operation runs as it is enqueued
    std::mt19937_64 random;
    double eagerness = 1.0;  // how much of the queues runs without being waited for
    CUresult sticky = CUDA_SUCCESS;
    CUresult planted = CUDA_SUCCESS;
    int64_t planted_after = -1;   // kernels that still run before `planted` happens
    int64_t allocations_left = -1;  // device allocations that still succeed; -1: no limit
    std::map<uintptr_t, Block> blocks;
    std::deque<std::pair<uintptr_t, Block>> freed;
    std::set<CUstream> streams;
};

State& state();
std::vector<CUcontext>& contexts();  // of this thread

// Every call that needs a context begins with this: 201 without one, the sticky error once there is one.
CUresult enter();

// Puts an operation in a stream: recorded while the stream captures; run at once for seed 0; else queued.
CUresult enqueue(CUstream stream, Op op);
CUresult drain(CUstream stream);
CUresult drain_all(bool blocking_only);
CUresult drain_event(const std::shared_ptr<EventState>& event, uint64_t version);
bool anything_captures();

// Whether [address, address + size) lies in one live block.
const Block* find_block(uintptr_t address, size_t size);
void check_guards();
void reset_memory();
void reset_streams();

}  // namespace standin

#define STANDIN_ENTER()                                                  \
    std::lock_guard<std::recursive_mutex> guard(standin::state().lock); \
    if (CUresult entered = standin::enter(); entered != CUDA_SUCCESS) return entered
