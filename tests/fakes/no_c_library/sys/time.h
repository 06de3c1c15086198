/* What drivers' headers take from a C library, for a compiler that has none. */
#pragma once
#include <sys/types.h>
struct timeval {
    time_t tv_sec;
    suseconds_t tv_usec;
};
