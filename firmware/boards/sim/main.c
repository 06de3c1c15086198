/* Runs the application on a painted stack of its own, so that its high water is real. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "app.h"
#include "board.h"
#include "stack_paint.h"

enum { STACK_BYTES = 512 * 1024 };

static void *run(void *low)
{
    uint8_t *top = __builtin_frame_address(0);
    tinyface_stack_paint(low, top - 1024); /* what is above is in use by this very call */
    sim_stack(low, top);
    tinyface_app_run();
    return NULL;
}

int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    void *low = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

    if (low == MAP_FAILED || pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstack(&attributes, low, STACK_BYTES) != 0 ||
        pthread_create(&thread, &attributes, run, low) != 0 || pthread_join(thread, NULL) != 0) {
        fputs("the simulated board has no stack\n", stderr);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
