/* The simulated board on Windows: pipes as standard input and output. Compiled in the tests where MinGW is
 * found, not yet run on Windows. */
#define _CRT_RAND_S /* rand_s, the system's generator */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "board.h"

enum { PAINT = 0xC5, PAINTED_BYTES = 256 * 1024 };

static volatile uintptr_t painted; /* address of the deepest painted byte */

/* Fills the stack below the caller; the bytes stay when it returns. Windows commits stack page by page from
 * the top, which the compiler's probes do here. */
static void __attribute__((noinline)) paint(void)
{
    volatile uint8_t block[PAINTED_BYTES];
    painted = (uintptr_t)block;
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = PAINT;
    }
}

int sim_host_run(void (*application)(void))
{
    paint();
    sim_stack(TINYFACE_TASK_SERIAL, (const uint8_t *)painted, (const uint8_t *)painted + PAINTED_BYTES);
    application();
    return 0;
}

/* One core here: the application does everything in turns. */
int sim_host_start_task(tinyface_task task, void (*run)(void))
{
    (void)task;
    (void)run;
    return -1;
}

void sim_host_sleep(tinyface_task task, uint32_t wait_ms)
{
    (void)task;
    Sleep(wait_ms);
}

void sim_host_signal(tinyface_task task)
{
    (void)task;
}

void sim_host_lock(void)
{
}

void sim_host_unlock(void)
{
}

int sim_host_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    ULONGLONG end = GetTickCount64() + wait_ms;
    DWORD ready = 0, n = 0;

    for (;;) {
        if (!PeekNamedPipe(input, NULL, 0, NULL, &ready, NULL)) {
            return -1; /* the other end is closed */
        }
        if (ready > 0) {
            break;
        }
        if (GetTickCount64() >= end) {
            return 0;
        }
        Sleep(1);
    }
    if (!ReadFile(input, data, (DWORD)size, &n, NULL) || n == 0) {
        return -1;
    }
    return (int)n;
}

int sim_host_write(const uint8_t *data, size_t size)
{
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
    while (size > 0) {
        DWORD n = 0;
        if (!WriteFile(output, data, (DWORD)size, &n, NULL) || n == 0) {
            return -1;
        }
        data += n;
        size -= n;
    }
    return 0;
}

int sim_host_random(uint8_t *data, size_t size)
{
    while (size > 0) {
        unsigned number;
        size_t part = size < sizeof number ? size : sizeof number;
        if (rand_s(&number) != 0) {
            return -1;
        }
        memcpy(data, &number, part);
        data += part;
        size -= part;
    }
    return 0;
}

void sim_host_pause(uint64_t micros)
{
    Sleep((DWORD)((micros + 999U) / 1000U));
}

uint64_t sim_host_micros(void)
{
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)(now.QuadPart / frequency.QuadPart) * 1000000U +
           (uint64_t)(now.QuadPart % frequency.QuadPart) * 1000000U / (uint64_t)frequency.QuadPart;
}

void sim_host_exit(int status)
{
    ExitProcess((UINT)status);
}
