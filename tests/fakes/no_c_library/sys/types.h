/* What drivers' headers take from a C library, for a compiler that has none. */
#pragma once
typedef long time_t;
typedef long suseconds_t;
typedef int ssize_t;
