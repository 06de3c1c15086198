/* What decoders share: values of tensors, and the decoders themselves. A new decoder is a file decode_NAME.c that
 * defines `tinyface_decode_NAME`; the generated program names it. */
#ifndef TINYFACE_DECODE_H
#define TINYFACE_DECODE_H

#include "tinyface/stage.h"

#include <stddef.h>
#include <string.h>

#endif
