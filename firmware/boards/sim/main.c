/* The simulated board's program. */
#include <stdio.h>
#include <stdlib.h>

#include "app.h"
#include "board.h"

int main(void)
{
    if (sim_host_run(tinyface_app_run) != 0) {
        fputs("the simulated board has no stack\n", stderr);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
