/* The simulated board on Linux and macOS: poll, read and write; tasks as threads with stacks of ours to paint. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "stack_paint.h"

#ifndef SIM_STACK_BYTES
#define SIM_STACK_BYTES (512 * 1024)
#endif

typedef struct {
    void (*entry)(void);
    uint8_t *guard; /* lowest page of its stack */
    int wake[2];    /* a pipe: a byte in it is a signal */
    tinyface_task number;
} task;

static task tasks[SIM_TASKS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* The lowest page is a guard: a stack that grows too deep ends the program instead of other data. */
static void *run(void *of)
{
    task *self = of;
    uint8_t *low = self->guard + sysconf(_SC_PAGESIZE);
    uint8_t *top = __builtin_frame_address(0);
    tinyface_stack_paint(low, top - 1024); /* what is above is in use by this very call */
    sim_stack(self->number, low, top);
    self->entry();
    return NULL;
}

static int start(tinyface_task number, void (*entry)(void), pthread_t *thread)
{
    task *self = &tasks[number];
    pthread_attr_t attributes;
    void *low = mmap(NULL, SIM_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

    self->entry = entry;
    self->guard = low;
    self->number = number;
    if (low == MAP_FAILED || pipe(self->wake) != 0 || fcntl(self->wake[0], F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(self->wake[1], F_SETFL, O_NONBLOCK) != 0 || pthread_attr_init(&attributes) != 0 ||
        mprotect(low, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE) != 0 ||
        pthread_attr_setstack(&attributes, low, SIM_STACK_BYTES) != 0 ||
        pthread_create(thread, &attributes, run, self) != 0) {
        return -1;
    }
    return 0;
}

int sim_host_run(void (*application)(void))
{
    pthread_t thread;

    signal(SIGPIPE, SIG_IGN); /* a gone host shows as an error of write */
    return start(TINYFACE_TASK_SERIAL, application, &thread) == 0 ? pthread_join(thread, NULL) : -1;
}

int sim_host_start_task(tinyface_task number, void (*entry)(void))
{
    pthread_t thread;
    return start(number, entry, &thread) == 0 ? pthread_detach(thread) : -1;
}

/* Takes the signals out of a task's pipe. */
static void drain(int pipe_end)
{
    uint8_t bytes[16];
    while (read(pipe_end, bytes, sizeof bytes) > 0) {
    }
}

void sim_host_sleep(tinyface_task number, uint32_t wait_ms)
{
    struct pollfd wake = {tasks[number].wake[0], POLLIN, 0};
    if (poll(&wake, 1, (int)wait_ms) > 0) {
        drain(wake.fd);
    }
}

void sim_host_signal(tinyface_task number)
{
    const uint8_t byte = 1;
    /* A full pipe holds a signal already; a task that was never started has none and needs none. */
    if (tasks[number].entry != NULL && write(tasks[number].wake[1], &byte, 1) < 0 && errno != EAGAIN) {
        sim_host_exit(1);
    }
}

void sim_host_lock(void)
{
    (void)pthread_mutex_lock(&mutex);
}

void sim_host_unlock(void)
{
    (void)pthread_mutex_unlock(&mutex);
}

int sim_host_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    struct pollfd sources[2] = {{STDIN_FILENO, POLLIN, 0}, {tasks[TINYFACE_TASK_SERIAL].wake[0], POLLIN, 0}};
    ssize_t n;
    int ready = poll(sources, 2, (int)wait_ms);

    if (ready > 0 && sources[1].revents != 0) {
        drain(sources[1].fd);
    }
    if (ready <= 0 || sources[0].revents == 0) {
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

int sim_host_random(uint8_t *data, size_t size)
{
    int source = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t n = source >= 0 ? read(source, data, size) : -1;
    if (source >= 0) {
        (void)close(source);
    }
    return n == (ssize_t)size ? 0 : -1;
}

uint64_t sim_host_micros(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

void sim_host_pause(uint64_t micros)
{
    const struct timespec wait = {(time_t)(micros / 1000000U), (long)(micros % 1000000U) * 1000};
    (void)nanosleep(&wait, NULL);
}

void sim_host_exit(int status)
{
    _exit(status);
}
