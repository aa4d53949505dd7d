// A libcuda.so.1 without a GPU: the functions that parloop calls, in the caller's own memory.
// Images are shared libraries whose kernels stand behind functions `emulated_NAME`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <unistd.h>

typedef int CUresult;
typedef unsigned long long CUdeviceptr;
#define API extern "C" CUresult

static const char *begins[4096], *ends[4096]; // the memory that is the GPU's
static long n_rooms;
static void (*tell_arrays)(long, const char *const *, const char *const *);

static int failing() { const char *at = getenv("STUB_FAILS"); return at ? atoi(at) : 0; }

API cuInit(unsigned) { return failing() == 1 ? 100 : 0; }
API cuDriverGetVersion(int *version) { *version = failing() == 2 ? 11080 : 13000; return 0; }
API cuDeviceGetCount(int *count) { *count = failing() == 3 ? 0 : 1; return 0; }
API cuDeviceGet(int *device, int ordinal) { *device = ordinal; return 0; }
API cuDeviceGetName(char *name, int length, int) { snprintf(name, length, "Stub GPU"); return 0; }
API cuDeviceTotalMem_v2(size_t *bytes, int) { *bytes = size_t(1) << 30; return 0; }
API cuDeviceGetAttribute(int *value, int attribute, int) {
    switch (attribute) {
    case 75: *value = failing() == 4 ? 7 : 9; break;  // compute capability
    case 76: *value = 0; break;
    case 16: *value = 132; break;                     // multiprocessors
    case 13: *value = 1980000; break;                 // clock in kHz
    case 36: *value = 2619000; break;                 // memory clock in kHz
    case 37: *value = 5120; break;                    // bus in bits
    case 87: *value = 2; break;                       // single to double
    case 38: *value = 50 << 20; break;                // L2
    default: return 1;
    }
    return 0;
}
API cuDevicePrimaryCtxRetain(void **context, int) { *context = (void *)0x1000; return 0; }
API cuCtxSetCurrent(void *context) { return context == (void *)0x1000 ? 0 : 201; }
API cuStreamCreate(void **stream, unsigned flags) { *stream = (void *)0x2000; return flags == 1 ? 0 : 1; }
API cuStreamSynchronize(void *stream) { return stream == (void *)0x2000 ? 0 : 400; }
API cuStreamQuery(void *stream) { return stream == (void *)0x2000 ? 0 : 400; }
API cuDeviceGetDefaultMemPool(void **pool, int) { *pool = (void *)0x3000; return 0; }
API cuMemPoolSetAttribute(void *pool, int attribute, void *value) {
    return pool == (void *)0x3000 && attribute == 4 && *(uint64_t *)value == uint64_t(1) << 62 ? 0 : 1;
}
API cuMemPoolGetAttribute(void *, int attribute, void *value) {
    *(uint64_t *)value = attribute == 5 ? 1000 : 400;
    return attribute == 5 || attribute == 7 ? 0 : 1;
}
API cuMemPoolTrimTo(void *, size_t) { return 0; }
API cuMemGetInfo_v2(size_t *free_, size_t *total) { *free_ = 1 << 29; *total = 1 << 30; return 0; }
API cuMemAllocAsync(CUdeviceptr *at, size_t bytes, void *) {
    if (bytes > size_t(1) << 29) return 2;
    void *room = nullptr;
    if (posix_memalign(&room, 256, bytes + 256)) return 2;
    *at = (CUdeviceptr)room;
    begins[n_rooms] = (const char *)room, ends[n_rooms++] = (const char *)room + bytes;
    return 0;
}
API cuMemFreeAsync(CUdeviceptr at, void *) {
    for (long k = 0; k < n_rooms; ++k)
        if (begins[k] == (const char *)at) {
            begins[k] = begins[--n_rooms], ends[k] = ends[n_rooms];
            free((void *)at);
            return 0;
        }
    return 1;
}
API cuMemHostAlloc(void **at, size_t bytes, unsigned) { *at = malloc(bytes); return *at ? 0 : 2; }
API cuMemFreeHost(void *at) { free(at); return 0; }
API cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t n, void *) {
    memcpy((void *)to, from, n); return 0;
}
API cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t n, void *) {
    memcpy(to, (void *)from, n); return 0;
}
API cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t n, void *) {
    memcpy((void *)to, (void *)from, n); return 0;
}
API cuCtxSynchronize() { return 0; }
API cuPointerGetAttribute(void *value, int attribute, CUdeviceptr at) {
    for (long k = 0; k < n_rooms; ++k)
        if (begins[k] <= (const char *)at && (const char *)at < ends[k]) {
            switch (attribute) {
            case 2: *(unsigned *)value = 2; return 0;                    // memory type: device
            case 8: *(unsigned *)value = 0; return 0;                    // managed
            case 9: *(int *)value = 0; return 0;                         // device
            case 11: *(CUdeviceptr *)value = (CUdeviceptr)begins[k]; return 0;
            case 12: *(size_t *)value = ends[k] - begins[k]; return 0;
            default: return 1;
            }
        }
    return 1;
}
API cuMemsetD8Async(CUdeviceptr at, unsigned char byte, size_t n, void *) {
    memset((void *)at, byte, n); return 0;
}
API cuEventCreate(void **event, unsigned) { *event = malloc(8); return 0; }
API cuEventRecord(void *event, void *) { *(int *)event = 1; return 0; }
API cuEventSynchronize(void *event) { return *(int *)event == 1 ? 0 : 400; }
API cuEventElapsedTime(float *ms, void *, void *) { *ms = 1.5f; return 0; }
API cuEventElapsedTime_v2(float *ms, void *, void *) { *ms = 1.5f; return 0; }
API cuModuleLoadData(void **module, const void *image) {
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)image;
    if (memcmp(head->e_ident, ELFMAG, 4)) return 200;
    if (head->e_machine != EM_X86_64) return 209;
    size_t bytes = head->e_shoff + size_t(head->e_shentsize) * head->e_shnum;
    char name[] = "/tmp/stub-XXXXXX";
    int file = mkstemp(name);
    if (write(file, image, bytes) != (ssize_t)bytes) return 999;
    close(file);
    *module = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    unlink(name);
    if (!*module) return 200;
    *(void **)&tell_arrays = dlsym(*module, "emulated_arrays");
    return 0;
}
API cuModuleGetFunction(void **function, void *module, const char *name) {
    char full[256];
    snprintf(full, sizeof full, "emulated_%s", name);
    *function = dlsym(module, full);
    return *function ? 0 : 500;
}
struct Kept {
    void *function;
    unsigned shape[7];
    uint64_t record[512];
    void *state;
};
struct Graph {
    Kept kept[256];
    int n;
};
static Graph *keeping;
static void run_kept(const Kept &one) {
    tell_arrays(n_rooms, begins, ends);
    ((void (*)(const void *, void *, const unsigned *))one.function)(one.record, one.state, one.shape);
}
API cuStreamBeginCapture_v2(void *stream, int mode) {
    if (stream != (void *)0x2000 || mode != 2 || keeping) return 1;
    keeping = (Graph *)calloc(1, sizeof(Graph));
    return 0;
}
API cuStreamEndCapture(void *, void **graph) { *graph = keeping; keeping = nullptr; return *graph ? 0 : 1; }
API cuGraphInstantiateWithFlags(void **made, void *graph, unsigned long long flags) {
    Graph *copy = (Graph *)malloc(sizeof(Graph));
    *copy = *(Graph *)graph;
    *made = copy;
    return flags ? 1 : 0;
}
API cuGraphDestroy(void *graph) { free(graph); return 0; }
API cuGraphExecDestroy(void *graph) { free(graph); return 0; }
API cuGraphLaunch(void *graph, void *stream) {
    if (stream != (void *)0x2000) return 1;
    for (int k = 0; k < ((Graph *)graph)->n; ++k) run_kept(((Graph *)graph)->kept[k]);
    return 0;
}
API cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                   unsigned bz, unsigned shared, void *stream, void **given, void **extra) {
    if (stream != (void *)0x2000 || extra) return 1;
    tell_arrays(n_rooms, begins, ends);
    const unsigned shape[] = {gx, gy, gz, bx, by, bz, shared};
    if (keeping) {
        Kept &one = keeping->kept[keeping->n++];
        one.function = function, one.state = *(void **)given[1];
        memcpy(one.shape, shape, sizeof shape);
        memcpy(one.record, given[0], 8 * 28);
        return 0;
    }
    ((void (*)(const void *, void *, const unsigned *))function)(given[0], *(void **)given[1], shape);
    return failing() == 5 ? 700 : 0;
}
API cuGetErrorName(CUresult error, const char **name) {
    static char text[32];
    snprintf(text, sizeof text, "CUDA_ERROR_%d", error);
    *name = text;
    return 0;
}
API cuGetProcAddress_v2(const char *symbol, void **found, int, uint64_t, int *status) {
    char name[128];
    void *self = dlopen(nullptr, RTLD_NOW);
    Dl_info info;
    dladdr((void *)cuInit, &info);
    self = dlopen(info.dli_fname, RTLD_NOW);
    snprintf(name, sizeof name, "%s_v2", symbol);
    *found = dlsym(self, name);
    if (!*found) *found = dlsym(self, symbol);
    if (status) *status = *found ? 0 : 1;
    return *found ? 0 : 500;
}
API cuGetProcAddress(const char *symbol, void **found, int version, uint64_t flags) {
    return cuGetProcAddress_v2(symbol, found, version, flags, nullptr);
}
