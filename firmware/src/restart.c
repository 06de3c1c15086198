/* Some boards restart at once, others when their loop has the control back. */
#include "restart.h"

#include "tinyface/board.h"

static int asked;

void tinyface_restart(void)
{
    asked = 1;
    tinyface_board_restart();
}

int tinyface_restarts(void)
{
    return asked;
}
