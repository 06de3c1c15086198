/* The numbers that STATS and text mode tell. */
#ifndef TINYFACE_STATS_H
#define TINYFACE_STATS_H

#include "tinyface/messages.h"
#include "tinyface/protocol.h"

void tinyface_stats_collect(const tinyface_decoder *decoder, tinyface_stats_head *stats);

#endif
