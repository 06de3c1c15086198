/* The host at the other end of the wire. A host that takes nothing must not hold the board up. */
#include "host.h"

#include "tinyface/board.h"

static int gone;

int tinyface_host_write(const uint8_t *data, size_t size)
{
    if (!gone && tinyface_board_write(data, size) != 0) {
        gone = 1;
    }
    return gone ? -1 : 0;
}

int tinyface_host_gone(void)
{
    return gone;
}

int tinyface_host_back(void)
{
    int was_gone = gone;
    gone = 0;
    return was_gone;
}
