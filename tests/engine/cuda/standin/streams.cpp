// Streams, events and captured graphs: queues whose operations run when something waits for them, or by chance before.
#include <time.h>

#include "standin.hpp"

using namespace standin;

struct CUstream_st {
    bool blocking;
    std::deque<Op> queue;
    std::shared_ptr<std::vector<Op>> captured;  // set while it captures
};
struct CUevent_st {
    std::shared_ptr<EventState> state = std::make_shared<EventState>();
};
struct CUgraph_st {
    std::vector<Op> ops;
};
struct CUgraphExec_st {
    std::vector<Op> ops;
};

namespace {

int64_t now_ns() {
    timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1'000'000'000ll + at.tv_nsec;
}

CUresult run_op(const Op& op) {
    if (state().sticky) return state().sticky;
    if (op.kind == Op::RUN) {
        CUresult result = op.run();
        if (result != CUDA_SUCCESS) state().sticky = result;
        return result;
    }
    if (op.kind == Op::RECORD && op.version > op.event->done) {
        op.event->done = op.version;
        op.event->done_ns = now_ns();
    }
    return CUDA_SUCCESS;
}

bool blocked(const Op& op) { return op.kind == Op::WAIT && op.event->done < op.version; }

CUstream who_records(const Op& awaited) {
    for (CUstream stream : state().streams)
        for (const Op& op : stream->queue)
            if (op.kind == Op::RECORD && op.event == awaited.event && op.version >= awaited.version) return stream;
    return nullptr;
}

// One operation on the way to `target`'s head: of the stream that its head waits for, if it waits.
CUresult step_towards(CUstream target) {
    CUstream stream = target;
    for (size_t hops = 0; blocked(stream->queue.front()); ++hops) {
        stream = who_records(stream->queue.front());
        if (!stream || hops > state().streams.size()) return CUDA_ERROR_UNKNOWN;  // streams that wait in a circle
    }
    Op op = std::move(stream->queue.front());
    stream->queue.pop_front();
    return run_op(op);
}

// Some operations of some streams, by chance: what a device does while nobody waits for it.
CUresult run_ahead() {
    std::uniform_real_distribution<double> chance(0.0, 1.0);
    while (chance(state().random) < state().eagerness) {
        std::vector<CUstream> ready;
        for (CUstream stream : state().streams)
            if (!stream->queue.empty() && !blocked(stream->queue.front())) ready.push_back(stream);
        if (ready.empty()) return CUDA_SUCCESS;
        CUresult result = step_towards(ready[state().random() % ready.size()]);
        if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
}

template <class Reached>
CUresult drain_until(CUstream stream, Reached reached) {
    while (!reached()) {
        if (state().sticky) return state().sticky;
        CUresult result = run_ahead();
        if (result == CUDA_SUCCESS && !reached()) result = step_towards(stream);
        if (result != CUDA_SUCCESS) return result;
    }
    return state().sticky;
}

}  // namespace

namespace standin {

CUresult enqueue(CUstream stream, Op op) {
    if (!stream) {  // the legacy default stream: after everything in blocking streams, and done on return
        CUresult result = drain_all(true);
        return result == CUDA_SUCCESS ? run_op(op) : result;
    }
    if (stream->captured) {
        stream->captured->push_back(std::move(op));
        return CUDA_SUCCESS;
    }
    if (!state().seed) return run_op(op);
    stream->queue.push_back(std::move(op));
    run_ahead();  // an error of an operation that ran is reported by the next call, as on a device
    return CUDA_SUCCESS;
}

CUresult drain(CUstream stream) {
    if (!stream) return drain_all(true);
    return drain_until(stream, [&] { return stream->queue.empty(); });
}

CUresult drain_all(bool blocking_only) {
    for (CUstream stream : state().streams)
        if (!blocking_only || stream->blocking)
            if (CUresult result = drain(stream); result != CUDA_SUCCESS) return result;
    return state().sticky;
}

CUresult drain_event(const std::shared_ptr<EventState>& event, uint64_t version) {
    if (event->done >= version) return state().sticky;
    CUstream stream = who_records(Op{Op::WAIT, {}, event, version});
    if (!stream) return CUDA_ERROR_UNKNOWN;
    return drain_until(stream, [&] { return event->done >= version; });
}

void reset_streams() {  // those that a lost context left behind are never used again
    for (CUstream stream : state().streams) stream->queue.clear();
    state().streams.clear();
}

bool anything_captures() {
    for (CUstream stream : state().streams)
        if (stream->captured) return true;
    return false;
}

}  // namespace standin

extern "C" {

CUresult cuStreamCreate(CUstream* stream, unsigned flags) {
    STANDIN_ENTER();
    *stream = new CUstream_st{!(flags & CU_STREAM_NON_BLOCKING), {}, {}};
    state().streams.insert(*stream);
    ++state().facts.streams;
    return CUDA_SUCCESS;
}
CUresult cuStreamDestroy(CUstream stream) {
    STANDIN_ENTER();
    if (!state().streams.count(stream)) return CUDA_ERROR_INVALID_HANDLE;
    CUresult result = drain(stream);
    state().streams.erase(stream);
    --state().facts.streams;
    delete stream;
    return result;
}
CUresult cuStreamSynchronize(CUstream stream) {
    STANDIN_ENTER();
    if (stream && stream->captured) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    return drain(stream);
}
CUresult cuStreamQuery(CUstream stream) {
    STANDIN_ENTER();
    if (CUresult result = run_ahead(); result != CUDA_SUCCESS) return result;
    return stream && !stream->queue.empty() ? CUDA_ERROR_NOT_READY : CUDA_SUCCESS;
}
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
    STANDIN_ENTER();
    return enqueue(stream, Op{Op::WAIT, {}, event->state, event->state->enqueued});
}
CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void* data) {
    STANDIN_ENTER();
    return enqueue(stream, Op{Op::RUN, [=] { function(data); return CUDA_SUCCESS; }, {}, 0});
}

CUresult cuEventCreate(CUevent* event, unsigned) {
    STANDIN_ENTER();
    *event = new CUevent_st;
    ++state().facts.events;
    return CUDA_SUCCESS;
}
CUresult cuEventDestroy(CUevent event) {
    STANDIN_ENTER();
    --state().facts.events;
    delete event;
    return CUDA_SUCCESS;
}
CUresult cuEventRecord(CUevent event, CUstream stream) {
    STANDIN_ENTER();
    return enqueue(stream, Op{Op::RECORD, {}, event->state, ++event->state->enqueued});
}
CUresult cuEventSynchronize(CUevent event) {
    STANDIN_ENTER();
    return drain_event(event->state, event->state->enqueued);
}
CUresult cuEventQuery(CUevent event) {
    STANDIN_ENTER();
    if (CUresult result = run_ahead(); result != CUDA_SUCCESS) return result;
    return event->state->done < event->state->enqueued ? CUDA_ERROR_NOT_READY : CUDA_SUCCESS;
}
CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) {
    STANDIN_ENTER();
    if (!from->state->done || !to->state->done) return CUDA_ERROR_NOT_READY;
    *milliseconds = (to->state->done_ns - from->state->done_ns) * 1e-6f;
    return CUDA_SUCCESS;
}

// ---- graphs: what one stream is given between begin and end. Capture across streams is refused.
CUresult cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode) {
    STANDIN_ENTER();
    if (!stream || stream->captured) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    stream->captured = std::make_shared<std::vector<Op>>();
    return CUDA_SUCCESS;
}
CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status) {
    STANDIN_ENTER();
    *status = stream && stream->captured ? CU_STREAM_CAPTURE_STATUS_ACTIVE : CU_STREAM_CAPTURE_STATUS_NONE;
    return CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
    STANDIN_ENTER();
    if (!stream || !stream->captured) return CUDA_ERROR_ILLEGAL_STATE;
    *graph = new CUgraph_st{std::move(*stream->captured)};
    stream->captured.reset();
    ++state().facts.graphs;
    return CUDA_SUCCESS;
}
CUresult cuGraphInstantiate(CUgraphExec* executable, CUgraph graph, unsigned long long) {
    STANDIN_ENTER();
    for (const Op& op : graph->ops)
        if (op.kind == Op::WAIT) return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
    *executable = new CUgraphExec_st{graph->ops};
    ++state().facts.graphs;
    return CUDA_SUCCESS;
}
CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
    STANDIN_ENTER();
    ++state().facts.graph_launches;
    for (const Op& op : executable->ops)
        if (CUresult result = enqueue(stream, op); result != CUDA_SUCCESS) return result;
    return CUDA_SUCCESS;
}
CUresult cuGraphDestroy(CUgraph graph) {
    STANDIN_ENTER();
    --state().facts.graphs;
    delete graph;
    return CUDA_SUCCESS;
}
CUresult cuGraphExecDestroy(CUgraphExec executable) {
    STANDIN_ENTER();
    --state().facts.graphs;
    delete executable;
    return CUDA_SUCCESS;
}

}  // extern "C"
