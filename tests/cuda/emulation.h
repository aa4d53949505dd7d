// A GPU for people who have none: the CUDA C++ that parloop writes, run on the CPU, one thread of
// the device after another. A kernel that has barriers runs its threads as fibers.
//
// - Every order of threads has to give the same: blocks and threads run forwards, backwards, or
//   shuffled.
// - Every element that a thread touches has to lie in one of the launch's arrays, and none may be
//   written by one thread and touched by another (shadow memory, a word a byte).
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <ucontext.h>
#include <vector>

#define PARLOOP_EMULATED 1
#define __device__
#define __global__ static
#define __forceinline__ inline
#define __launch_bounds__(n)
#define __shared__ static

struct dim3 {
    unsigned x, y, z;
};
static dim3 threadIdx, blockIdx, blockDim, gridDim;

// The device's is nearer to the true value than this C library's.
#define cbrt(x) double(cbrtl(x))

namespace emulation {

// what went wrong first

static char problem[256];

static void fail(const char *what, const void *at)
{
    if (!problem[0])
        snprintf(problem, sizeof problem, "%s at %p, block (%u, %u, %u), thread (%u, %u, %u)", what, at,
                 blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z);
}

// memory

struct Range {
    const char *begin, *end;
    std::vector<uint32_t> writer, reader; // 0: nobody, 1 + thread, MANY
};
static std::vector<Range> ranges;
static uint32_t here; // 1 + number of the running thread
static const uint32_t MANY = 0xffffffff, ATOMIC = 0xfffffffe;

static Range *find(const char *at, size_t size)
{
    for (auto &range : ranges)
        if (at >= range.begin && at + size <= range.end) return &range;
    return nullptr;
}

static void note_read(const char *at, size_t size)
{
    Range *range = find(at, size);
    if (!range) return fail("a read outside of all arrays", at);
    for (size_t k = at - range->begin; k < size + (at - range->begin); ++k) {
        if (range->writer[k] && range->writer[k] != here) fail("a read of what another thread writes", at);
        range->reader[k] = !range->reader[k] || range->reader[k] == here ? here : MANY;
    }
}

static void note_write(const char *at, size_t size)
{
    Range *range = find(at, size);
    if (!range) return fail("a write outside of all arrays", at);
    for (size_t k = at - range->begin; k < size + (at - range->begin); ++k) {
        if (range->writer[k] && range->writer[k] != here) fail("a write to what another thread writes", at);
        if (range->reader[k] && range->reader[k] != here) fail("a write to what another thread reads", at);
        range->writer[k] = here;
    }
}

static bool note_atomic(const char *at, size_t size)
{
    Range *range = find(at, size);
    if (!range) return true; // scratch, shared or state: whoever writes the text is trusted
    for (size_t k = at - range->begin; k < size + (at - range->begin); ++k) {
        if (range->writer[k] && range->writer[k] != ATOMIC) fail("an atomic on what a thread writes", at);
        if (range->reader[k]) fail("an atomic on what a thread reads", at);
        range->writer[k] = ATOMIC;
    }
    return true;
}

template <class T> static T atomically(T *at, const std::function<T(T)> &change)
{
    note_atomic((const char *)at, sizeof(T));
    T before = *at;
    *at = change(before);
    return before;
}

// threads

struct Fiber {
    ucontext_t context;
    std::vector<char> stack;
    dim3 index;
    uint32_t number;
    bool done;
};
static std::vector<Fiber> fibers;
static ucontext_t scheduler;
static size_t running;
static std::function<void()> *kernel;
static std::vector<unsigned long long> slots; // what the threads of a block exchange
static uint64_t randomness = 1;

static uint64_t random_number()
{
    randomness ^= randomness << 13, randomness ^= randomness >> 7, randomness ^= randomness << 17;
    return randomness;
}

static std::vector<size_t> order_of(size_t count, int order)
{
    std::vector<size_t> found(count);
    for (size_t k = 0; k < count; ++k) found[k] = order == 1 ? count - 1 - k : k;
    if (order == 2)
        for (size_t k = count; k > 1; --k) std::swap(found[k - 1], found[random_number() % k]);
    return found;
}

static void wait_for_all() // a barrier: back to the scheduler, until all have come here
{
    Fiber &me = fibers[running];
    swapcontext(&me.context, &scheduler);
    threadIdx = me.index;
    here = me.number;
}

static void fiber_main()
{
    (*kernel)();
    fibers[running].done = true;
}

static void run_block(bool has_barriers, int order, uint32_t first)
{
    size_t count = size_t(blockDim.x) * blockDim.y * blockDim.z;
    auto index_of = [](size_t n) {
        return dim3{unsigned(n % blockDim.x), unsigned(n / blockDim.x % blockDim.y),
                    unsigned(n / blockDim.x / blockDim.y)};
    };
    if (!has_barriers) {
        for (size_t n : order_of(count, order)) {
            threadIdx = index_of(n);
            here = 1 + first + uint32_t(n);
            (*kernel)();
        }
        return;
    }
    slots.assign(2 * count, 0);
    fibers.resize(count);
    for (size_t n = 0; n < count; ++n) {
        Fiber &fiber = fibers[n];
        if (fiber.stack.empty()) fiber.stack.resize(64 * 1024);
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.data();
        fiber.context.uc_stack.ss_size = fiber.stack.size();
        fiber.context.uc_link = &scheduler;
        fiber.index = index_of(n);
        fiber.number = 1 + first + uint32_t(n);
        fiber.done = false;
        makecontext(&fiber.context, fiber_main, 0);
    }
    for (bool more = true; more;) {
        more = false;
        size_t done = 0;
        for (size_t n : order_of(count, order)) {
            if (fibers[n].done) continue;
            running = n;
            threadIdx = fibers[n].index;
            here = fibers[n].number;
            swapcontext(&scheduler, &fibers[n].context);
            more = more || !fibers[n].done;
        }
        for (auto &fiber : fibers) done += fiber.done;
        if (more && done) {
            fail("a barrier that not all threads come to", nullptr);
            return;
        }
    }
}

static void launch(dim3 grid, dim3 block, bool has_barriers, int order, std::function<void()> body)
{
    gridDim = grid;
    blockDim = block;
    kernel = &body;
    for (auto &range : ranges) {
        std::fill(range.writer.begin(), range.writer.end(), 0);
        std::fill(range.reader.begin(), range.reader.end(), 0);
    }
    size_t blocks = size_t(grid.x) * grid.y * grid.z;
    size_t threads = size_t(block.x) * block.y * block.z;
    for (size_t n : order_of(blocks, order)) {
        blockIdx = dim3{unsigned(n % grid.x), unsigned(n / grid.x % grid.y), unsigned(n / grid.x / grid.y)};
        run_block(has_barriers, order, uint32_t(n * threads));
    }
}

static size_t linear_thread()
{
    return threadIdx.x + size_t(blockDim.x) * (threadIdx.y + size_t(blockDim.y) * threadIdx.z);
}

// Every thread of the block leaves a value; each then gets that of thread `of`.
template <class T> static T exchange(T value, size_t of)
{
    unsigned long long bits = 0;
    memcpy(&bits, &value, sizeof value);
    slots[linear_thread()] = bits;
    wait_for_all();
    T got;
    memcpy(&got, &slots[of], sizeof got);
    wait_for_all();
    return got;
}

} // namespace emulation

// What the sanitizer calls where C++ leaves a behaviour undefined, in place of its own library's.
#define UNDEFINED(name)                                                                             \
    extern "C" __attribute__((visibility("hidden"), noinline)) void __ubsan_handle_##name()        \
    {                                                                                               \
        emulation::fail("undefined behaviour (" #name ")", nullptr);                               \
    }
UNDEFINED(add_overflow)
UNDEFINED(sub_overflow)
UNDEFINED(mul_overflow)
UNDEFINED(negate_overflow)
UNDEFINED(divrem_overflow)
UNDEFINED(shift_out_of_bounds)
UNDEFINED(out_of_bounds)
UNDEFINED(type_mismatch_v1)
UNDEFINED(load_invalid_value)
UNDEFINED(builtin_unreachable)
UNDEFINED(missing_return)
UNDEFINED(vla_bound_not_positive)
UNDEFINED(nonnull_arg)
UNDEFINED(nonnull_return_v1)
UNDEFINED(pointer_overflow)
UNDEFINED(float_cast_overflow)
UNDEFINED(invalid_builtin)
UNDEFINED(dynamic_type_cache_miss)

template <class T> static T load(const char *at)
{
    emulation::note_read(at, sizeof(T));
    T value{};
    if (!emulation::problem[0]) value = *reinterpret_cast<const T *>(at);
    return value;
}
template <class T> static void store(char *at, T value)
{
    emulation::note_write(at, sizeof(T));
    if (!emulation::problem[0]) *reinterpret_cast<T *>(at) = value;
}

static void __syncthreads() { emulation::wait_for_all(); }
static int __syncthreads_or(int value)
{
    emulation::slots[emulation::linear_thread()] = value != 0;
    emulation::wait_for_all();
    int any = 0;
    for (size_t n = 0; n < size_t(blockDim.x) * blockDim.y * blockDim.z; ++n) any |= emulation::slots[n] != 0;
    emulation::wait_for_all();
    return any;
}
template <class T> static T __shfl_down_sync(unsigned mask, T value, unsigned distance)
{
    if (mask != 0xffffffff) emulation::fail("a shuffle among some threads only", nullptr);
    size_t me = emulation::linear_thread();
    size_t of = me % 32 + distance < 32 ? me + distance : me;
    return emulation::exchange(value, of);
}

template <class T> static T atomicOr(T *at, T value)
{
    return emulation::atomically<T>(at, [=](T before) { return T(before | value); });
}
template <class T> static T atomicAnd(T *at, T value)
{
    return emulation::atomically<T>(at, [=](T before) { return T(before & value); });
}
template <class T> static T atomicXor(T *at, T value)
{
    return emulation::atomically<T>(at, [=](T before) { return T(before ^ value); });
}
template <class T> static T atomicAdd(T *at, T value)
{
    return emulation::atomically<T>(at, [=](T before) { return T(before + value); });
}
template <class T> static T atomicMax(T *at, T value)
{
    return emulation::atomically<T>(at, [=](T before) { return before < value ? value : before; });
}

extern "C" const char *emulated_problem() { return emulation::problem; }
extern "C" void emulated_arrays(long count, const char *const *begins, const char *const *ends)
{
    emulation::problem[0] = 0;
    emulation::ranges.clear();
    for (long k = 0; k < count; ++k) {
        size_t size = ends[k] - begins[k];
        emulation::ranges.push_back({begins[k], ends[k], std::vector<uint32_t>(size), std::vector<uint32_t>(size)});
    }
}
