/* The simulated board on Linux and macOS: poll, read and write; a thread whose stack is ours to paint. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "stack_paint.h"

enum { STACK_BYTES = 512 * 1024 };

static void (*entry)(void);

/* The lowest page is a guard: a stack that grows too deep ends the program instead of other data. */
static void *run(void *guard)
{
    uint8_t *low = (uint8_t *)guard + sysconf(_SC_PAGESIZE);
    uint8_t *top = __builtin_frame_address(0);
    tinyface_stack_paint(low, top - 1024); /* what is above is in use by this very call */
    sim_stack(low, top);
    entry();
    return NULL;
}

int sim_host_run(void (*application)(void))
{
    pthread_attr_t attributes;
    pthread_t thread;
    void *low = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

    signal(SIGPIPE, SIG_IGN); /* a gone host shows as an error of write */
    entry = application;
    if (low == MAP_FAILED || pthread_attr_init(&attributes) != 0 ||
        mprotect(low, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE) != 0 ||
        pthread_attr_setstack(&attributes, low, STACK_BYTES) != 0 ||
        pthread_create(&thread, &attributes, run, low) != 0) {
        return -1;
    }
    return pthread_join(thread, NULL);
}

int sim_host_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    ssize_t n;
    int ready = poll(&input, 1, (int)wait_ms);

    if (ready == 0 || (ready < 0 && errno == EINTR)) {
        return 0;
    }
    n = read(STDIN_FILENO, data, size);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return 0;
    }
    return n > 0 ? (int)n : -1;
}

int sim_host_write(const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, data, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return -1;
        }
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

uint64_t sim_host_micros(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

void sim_host_exit(int status)
{
    _exit(status);
}
