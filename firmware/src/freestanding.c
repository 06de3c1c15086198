/* The functions GCC calls by itself, for boards without a C library (they define TINYFACE_FREESTANDING). */
#include <stddef.h>
#include <stdint.h>

#ifdef TINYFACE_FREESTANDING

/* GCC must not turn these loops back into calls of themselves. */
#define LOOP __attribute__((optimize("no-tree-loop-distribute-patterns")))

void *memset(void *to, int value, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

LOOP void *memset(void *to, int value, size_t size)
{
    uint8_t *p = to;
    while (size-- > 0) {
        *p++ = (uint8_t)value;
    }
    return to;
}

/* Words where both are aligned: model inputs and layers' copies pass through here. */
LOOP void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((((uintptr_t)t | (uintptr_t)f) & 3U) == 0) {
        for (; size >= 4; size -= 4, t += 4, f += 4) {
            *(uint32_t *)(void *)t = *(const uint32_t *)(const void *)f;
        }
    }
    while (size-- > 0) {
        *t++ = *f++;
    }
    return to;
}

LOOP void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t <= f) {
        while (size-- > 0) {
            *t++ = *f++;
        }
    } else {
        while (size-- > 0) {
            t[size] = f[size];
        }
    }
    return to;
}

LOOP int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *p = a, *q = b;
    for (; size > 0; size--, p++, q++) {
        if (*p != *q) {
            return *p - *q;
        }
    }
    return 0;
}

LOOP size_t strlen(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0') {
        n++;
    }
    return n;
}

#else
typedef int tinyface_not_freestanding; /* ISO C wants a declaration in every file */
#endif
