"""What every text of ours begins with: types, and functions that C++ has no operator for."""

from __future__ import annotations

from parloop.codegen.layout import (
    FLAG_DIVIDE,
    FLAG_INVALID,
    FLAG_OVERFLOW,
    FLAG_SHIFT,
    FLAG_UNDERFLOW,
    TRIPPED,
)
from parloop.staging import algorithms


def prelude() -> str:
    """Return the head of every text; it does not depend on the nest."""
    powers = ", ".join(repr(10.0**n) for n in range(algorithms.MOST_DIGITS + 1))
    return _TEXT.format(
        tripped=TRIPPED,
        divided=FLAG_DIVIDE << FLAG_SHIFT,
        overflowed=FLAG_OVERFLOW << FLAG_SHIFT,
        underflowed=FLAG_UNDERFLOW << FLAG_SHIFT,
        invalid=FLAG_INVALID << FLAG_SHIFT,
        powers=powers,
    ).replace("<<", "{").replace(">>", "}").replace("SHL", "<<").replace("SHR", ">>")


_TEXT = """\
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned __int128 u128;
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;
typedef __int128 i128;

// What may have happened in a thread: bits of the status that the host reads.
enum : u32 <<
    TRIPPED = {tripped},
    DIVIDED = {divided},
    OVERFLOWED = {overflowed},
    UNDERFLOWED = {underflowed},
    INVALID = {invalid}
>>;

#ifndef PARLOOP_EMULATED
// An element of an array, which is aligned.
template <class T> __device__ __forceinline__ T load(const char *at)
<<
    return *reinterpret_cast<const T *>(at);
>>
template <class T> __device__ __forceinline__ void store(char *at, T value)
<<
    *reinterpret_cast<T *>(at) = value;
>>
#endif

__device__ __forceinline__ double as_double(u64 bits)
<<
    double number;
    memcpy(&number, &bits, 8);
    return number;
>>
__device__ __forceinline__ float as_float(u32 bits)
<<
    float number;
    memcpy(&number, &bits, 4);
    return number;
>>
__device__ __forceinline__ u64 as_u64(double number)
<<
    u64 bits;
    memcpy(&bits, &number, 8);
    return bits;
>>
__device__ __forceinline__ u32 as_u32(float number)
<<
    u32 bits;
    memcpy(&bits, &number, 4);
    return bits;
>>
__device__ __forceinline__ double infinity()
<<
    return as_double(0x7ff0000000000000ull);
>>
__device__ __forceinline__ double not_a_number()
<<
    return as_double(0x7ff8000000000000ull);
>>

// Whether a product does not fit in 64 bits.
__device__ __forceinline__ bool multiplies_beyond_unsigned(u64 x, u64 y)
<<
    return (u128(x) * y SHR 64) != 0;
>>
__device__ __forceinline__ bool multiplies_beyond_signed(u64 x, u64 y)
<<
    const i128 product = i128(i64(x)) * i64(y);
    return product != i64(u64(product));
>>

// x ** y, wrapped.
template <class T> __device__ T power(T x, T y)
<<
    T result = 1;
    while (true) <<
        if (y & 1) result = T(u64(result) * x);
        y = T(y SHR 1);
        if (!y) return result;
        x = T(u64(x) * x);
    >>
>>
__device__ inline u64 gcd(u64 x, u64 y)
<<
    while (y) <<
        const u64 rest = x % y;
        x = y;
        y = rest;
    >>
    return x;
>>
// x ** y % m for x < m <= 2**32.
__device__ inline u64 power_modulo(u64 x, u64 y, u64 m)
<<
    u64 result = 1 % m;
    while (true) <<
        if (y & 1) result = result * x % m;
        y SHR= 1;
        if (!y) return result;
        x = x * x % m;
    >>
>>
__device__ inline double powers_of_ten(u64 n)
<<
    const double powers[] = <<{powers}>>;
    return powers[n];
>>

// The number of the running thread in its block.
__device__ __forceinline__ u32 thread_in_block()
<<
    return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
>>

__device__ __forceinline__ u32 threads_in_block()
<<
    return blockDim.x * blockDim.y * blockDim.z;
>>

// Puts the words of all threads of a block together, of which the first one has them then: a tree
// in each warp, then one over what the warps have left. A block has at most 8 warps.
template <u32 count, class Words> __device__ inline void together_in_a_block(u64 *mine, u32 &trip)
<<
    __shared__ u64 left[8 * count];
    const u32 at = thread_in_block(), lane = at % 32;
    const u32 warps = threads_in_block() / 32;
    for (u32 round = 0; round < 2; ++round) <<
        for (u32 distance = 16; distance > 0; distance /= 2) <<
            u64 theirs[count];
            for (u32 k = 0; k < count; ++k)
                theirs[k] = __shfl_down_sync(0xffffffff, mine[k], distance);
            if (lane < distance) Words::together(mine, theirs, trip);
        >>
        if (round == 0) <<
            if (lane == 0)
                for (u32 k = 0; k < count; ++k) left[at / 32 * count + k] = mine[k];
            __syncthreads();
            Words::nothing(mine);
            if (at < warps)
                for (u32 k = 0; k < count; ++k) mine[k] = left[at * count + k];
        >>
    >>
>>

// Says what happened in a thread; few threads have something to say.
__device__ inline void tell(u64 *status, u32 trip)
<<
    if (trip && (*(volatile u64 *)status & trip) != trip) atomicOr(status, u64(trip));
>>
"""
