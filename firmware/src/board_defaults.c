/* What a board answers that has a serial port, one core, no camera, no storage and no watchdog. A board.c that has one of
 * these defines the functions itself: the linker takes the stronger definition. */
#include "tinyface/board.h"

#include <string.h>

#define DEFAULT __attribute__((weak))

enum { NOT_HERE = -1, NO_STORAGE = 0x30002 /* which no driver says */ };

DEFAULT uint8_t tinyface_board_reset_reason(void)
{
    return TINYFACE_WIRE_RESET_REASON_UNKNOWN;
}

DEFAULT int tinyface_board_all_sent(void)
{
    return 1;
}

DEFAULT uint32_t tinyface_board_psram_missing(void)
{
    return 0;
}

DEFAULT tinyface_link tinyface_board_link(void)
{
    return TINYFACE_LINK_SERIAL;
}

DEFAULT size_t tinyface_board_token(uint8_t *token, size_t size)
{
#ifdef TINYFACE_TOKEN
    static const char compiled_in[] = TINYFACE_TOKEN;
    size_t length = sizeof compiled_in - 1 < size ? sizeof compiled_in - 1 : size;
    memcpy(token, compiled_in, length);
    return length;
#else
    (void)token;
    (void)size;
    return 0;
#endif
}

DEFAULT int tinyface_board_random(uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return NOT_HERE;
}

DEFAULT int tinyface_board_camera_start(const tinyface_camera_wish *wish)
{
    (void)wish;
    return NOT_HERE;
}

DEFAULT int tinyface_board_camera_grab(tinyface_frame *frame)
{
    (void)frame;
    return NOT_HERE;
}

DEFAULT void tinyface_board_camera_release(const tinyface_frame *frame)
{
    (void)frame;
}

DEFAULT void tinyface_board_camera_found(tinyface_camera_found *found)
{
    const tinyface_camera_found unknown = {"", TINYFACE_GRAY8, 0, 0};
    *found = unknown;
}

DEFAULT uint16_t tinyface_board_camera_configure(const tinyface_settings_head *settings)
{
    (void)settings;
    return 0;
}

DEFAULT void tinyface_board_led(int on)
{
    (void)on;
}

DEFAULT void tinyface_board_flash_led(int on)
{
    (void)on;
}

DEFAULT int tinyface_board_start_task(tinyface_task task, void (*run)(void))
{
    (void)task;
    (void)run;
    return NOT_HERE;
}

#ifdef TINYFACE_COUNT_FIRST /* `bench` tells the first core's share: the second half has ticks of its own */
uint32_t tinyface_second_ticks;

DEFAULT void tinyface_board_parallel(void (*half)(void *context, uint32_t number), void *context)
{
    uint64_t since;
    half(context, 0);
    since = tinyface_board_ticks();
    half(context, 1);
    tinyface_second_ticks += (uint32_t)(tinyface_board_ticks() - since);
}
#else
/* One core computes both halves of a layer. */
DEFAULT void tinyface_board_parallel(void (*half)(void *context, uint32_t number), void *context)
{
    half(context, 0);
    half(context, 1);
}
#endif

DEFAULT void tinyface_board_sleep(tinyface_task task, uint32_t wait_ms)
{
    (void)task;
    (void)wait_ms;
}

DEFAULT void tinyface_board_signal(tinyface_task task)
{
    (void)task;
}

DEFAULT void tinyface_board_lock(void)
{
}

DEFAULT void tinyface_board_unlock(void)
{
}

DEFAULT void tinyface_board_feed_watchdog(void)
{
}

DEFAULT int tinyface_board_settings_load(void *data, size_t size)
{
    (void)data;
    (void)size;
    return NOT_HERE;
}

DEFAULT int tinyface_board_settings_save(const void *data, size_t size)
{
    (void)data;
    (void)size;
    return NO_STORAGE;
}

DEFAULT uint32_t tinyface_board_update_room(uint8_t target)
{
    (void)target;
    return 0;
}

DEFAULT int tinyface_board_update_begin(uint8_t target, uint32_t offset, uint32_t bytes)
{
    (void)target;
    (void)offset;
    (void)bytes;
    return NOT_HERE;
}

DEFAULT int tinyface_board_update_write(uint8_t target, uint32_t offset, const uint8_t *data, size_t size)
{
    (void)target;
    (void)offset;
    (void)data;
    (void)size;
    return NOT_HERE;
}

DEFAULT int tinyface_board_update_read(uint8_t target, uint32_t offset, uint8_t *data, size_t size)
{
    (void)target;
    (void)offset;
    (void)data;
    (void)size;
    return NOT_HERE;
}

DEFAULT int tinyface_board_update_activate(void)
{
    return NOT_HERE;
}

DEFAULT uint8_t tinyface_board_slot(void)
{
    return 255;
}

DEFAULT int tinyface_board_unconfirmed(void)
{
    return 0;
}

DEFAULT int tinyface_board_confirm(void)
{
    return 0;
}

DEFAULT const uint8_t *tinyface_board_model_partition(uint32_t *size)
{
    *size = 0;
    return NULL;
}
