/* Elements of tensors as integers. */
#include "tinyface/stage.h"

#include <string.h>

/* A real value in steps of 1/65536, from its bits: some cores have no arithmetic of floats, not even in libgcc.
 * What 32 bits can't hold is the nearest limit, no number is the lowest. */
static int32_t fixed_point(uint32_t bits)
{
    const uint32_t exponent = bits >> 23 & 0xFFU, fraction = bits & 0x7FFFFFU;
    const int negative = bits >> 31 != 0U;
    if (exponent >= 142U) { /* 2^15 and more, infinities, no numbers */
        return negative || (exponent == 255U && fraction != 0U) ? INT32_MIN : INT32_MAX;
    }
    const uint32_t digits = fraction | 0x800000U; /* times 2^(exponent - 134), in the steps */
    const uint32_t size = exponent >= 134U  ? digits << (exponent - 134U)
                          : exponent > 110U ? digits >> (134U - exponent)
                                            : 0U;
    return negative ? -(int32_t)size : (int32_t)size;
}

static int32_t limited(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

int32_t tinyface_value_at(const tinyface_tensor *tensor, const void *values, uint32_t i)
{
    uint32_t bits;
    switch (tensor->dtype) {
    case TINYFACE_INT8:
        return ((const int8_t *)values)[i];
    case TINYFACE_UINT8:
    case TINYFACE_BOOL:
        return ((const uint8_t *)values)[i];
    case TINYFACE_INT16:
        return ((const int16_t *)values)[i];
    case TINYFACE_FLOAT32:
        memcpy(&bits, (const uint8_t *)values + 4U * i, sizeof bits);
        return fixed_point(bits);
    case TINYFACE_INT64:
        return limited(((const int64_t *)values)[i]);
    default:
        return ((const int32_t *)values)[i];
    }
}

uint32_t tinyface_tensor_values(const tinyface_tensor *tensor)
{
    switch (tensor->dtype) {
    case TINYFACE_INT64:
        return tensor->bytes / 8U;
    case TINYFACE_INT32:
    case TINYFACE_FLOAT32:
        return tensor->bytes / 4U;
    case TINYFACE_INT16:
        return tensor->bytes / 2U;
    default:
        return tensor->bytes;
    }
}
