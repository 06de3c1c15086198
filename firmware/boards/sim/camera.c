/* The simulated camera: frame files of the folder TINYFACE_CAMERA, 0000.frame and so on, round and round, for as long as
 * the board is on: a program that follows a person sees no jump where one stream ends and another begins.
 * host_tools/pictures/raw.py writes them, at the latest before the first stream. With TINYFACE_CAMERA_FPS frames come at
 * that rate whether the last one was given back or not; without, the next one is ready when the last one has been.
 *
 * The pictures of a film say their period, and their times are the film's own: what moves in it has the same speed on
 * every computer, also on one that stands still for a while.
 *
 * It mirrors and flips what it takes, as a sensor does that reads its lines the other way; of the other settings it
 * takes the usual values alone. */
#include <stdio.h>
#include <stdlib.h>

#include "board.h"
#include "tinyface/messages.h"

enum {
    HEADER_BYTES = 8,  /* format u8, 0 u8, width u16, height u16, period u16 in ms, 0: no film */
    NO_MEMORY = 0x101, /* what the real driver says in these cases */
    NOT_FOUND = 0x105,
    NO_PICTURES = 0x30001, /* no driver's: host_tools/wire/faults.py knows it */
    TIMEOUT = 0x107,
    WAIT_MS = 5,
    TIMEOUT_MS = 4000
};

static const char *folder;
static uint8_t *buffers[TINYFACE_CAMERA_FRAMES];
static int held[TINYFACE_CAMERA_FRAMES];
static unsigned pictures;
static unsigned starts;  /* of the camera; shared with the capture task, like the rest */
static unsigned next;    /* picture */
static unsigned before;  /* it, pictures in all: the film's clock */
static unsigned taken;   /* whether one has been since the last start */
static uint32_t film_ms; /* when the film began */
static uint64_t due_us;
static int mirrored, flipped;

static FILE *open_picture(unsigned number)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%04u.frame", folder, number);
    return length > 0 && (size_t)length < sizeof path ? fopen(path, "rb") : NULL;
}

static unsigned count_pictures(void)
{
    unsigned n = 0;
    FILE *file;
    while ((file = open_picture(n)) != NULL) {
        fclose(file);
        n++;
    }
    return n;
}

static unsigned count_starts(void)
{
    unsigned count;
    tinyface_board_lock();
    count = starts;
    tinyface_board_unlock();
    return count;
}

static uint32_t now_ms(void)
{
    return (uint32_t)(tinyface_board_micros() / 1000U);
}

/* The next picture, round and round, and how many came before it. A grab that began before the last start is for a
 * stream that has ended: it leaves its picture to the new one. */
static FILE *open_next(unsigned begun, unsigned *earlier)
{
    unsigned number;
    tinyface_board_lock();
    number = next < pictures ? next : 0;
    *earlier = before;
    if (begun == starts) {
        next = number + 1;
        before++;
        taken = 1;
    }
    tinyface_board_unlock();
    return open_picture(number);
}

int tinyface_board_camera_start(const tinyface_camera_wish *wish)
{
    uint32_t fault = sim_number("TINYFACE_CAMERA_FAULT"), failing = sim_number("TINYFACE_CAMERA_STARTS");
    unsigned start;
    int internal;

    (void)wish; /* pictures are as they are */
    tinyface_board_lock();
    start = ++starts;
    tinyface_board_unlock();
    if (fault != 0 && (failing == 0 || start <= failing)) {
        return (int)fault;
    }
    if (folder == NULL) {
        folder = getenv("TINYFACE_CAMERA");
    }
    if (folder != NULL && pictures == 0) {
        pictures = count_pictures();
        film_ms = now_ms();
    }
    if (pictures == 0) {
        return NO_PICTURES;
    }
    for (unsigned i = 0; i < TINYFACE_CAMERA_FRAMES && buffers[i] == NULL; i++) {
        buffers[i] = tinyface_board_alloc(TINYFACE_CAMERA_BYTES, &internal);
    }
    tinyface_board_lock();
    next -= taken; /* the last picture again: its stream may have ended before the program saw it */
    before -= taken;
    taken = 0;
    due_us = 0;
    tinyface_board_unlock();
    return buffers[0] != NULL ? 0 : NO_MEMORY;
}

/* A buffer that nobody holds, held from now on; -1 when no frame is due or no buffer free, or when frames come
 * as they are taken (fps 0) and another one is held. */
static int take_buffer(uint32_t fps)
{
    int found = -1, busy = 0;
    uint64_t now = tinyface_board_micros();
    tinyface_board_lock();
    for (int i = 0; i < TINYFACE_CAMERA_FRAMES; i++) {
        busy += held[i];
        if (buffers[i] != NULL && !held[i] && found < 0) {
            found = i;
        }
    }
    found = now < due_us || (fps == 0 && busy > 0) ? -1 : found;
    if (found >= 0) {
        held[found] = 1;
        due_us = fps > 0 ? now + 1000000U / fps : 0;
    }
    tinyface_board_unlock();
    return found;
}

/* Waits for the next frame as the sensor would give it; at fps 0 for as long as the last one is held. */
static int wait_for_buffer(void)
{
    uint32_t fps = sim_number("TINYFACE_CAMERA_FPS");
    for (unsigned waited = 0; waited < TIMEOUT_MS; waited += fps > 0 ? WAIT_MS : 0) {
        int index = take_buffer(fps);
        if (index >= 0) {
            return index;
        }
        tinyface_board_sleep(TINYFACE_TASK_CAPTURE, WAIT_MS);
    }
    return -1;
}

uint16_t tinyface_board_camera_configure(const tinyface_settings_head *settings)
{
    unsigned refused = (settings->exposure >= 0 ? TINYFACE_REFUSED_EXPOSURE : 0U) |
                       (settings->gain >= 0 ? TINYFACE_REFUSED_GAIN : 0U) |
                       (settings->brightness != 0 ? TINYFACE_REFUSED_BRIGHTNESS : 0U) |
                       (settings->contrast != 0 ? TINYFACE_REFUSED_CONTRAST : 0U);
    tinyface_board_lock();
    mirrored = settings->mirror;
    flipped = settings->flip;
    tinyface_board_unlock();
    return (uint16_t)refused;
}

/* Left and right change, top and bottom, or both; pixels hold `step` bytes each. */
static void turn(uint8_t *data, uint32_t width, uint32_t height, uint32_t step, int mirror, int flip)
{
    const uint32_t pixels = width * height;

    for (uint32_t here = 0; here < pixels; here++) {
        const uint32_t x = here % width, y = here / width;
        const uint32_t there = (flip ? height - 1U - y : y) * width + (mirror ? width - 1U - x : x);
        for (uint32_t i = 0; here < there && i < step; i++) {
            const uint8_t kept = data[here * step + i];
            data[here * step + i] = data[there * step + i];
            data[there * step + i] = kept;
        }
    }
}

/* As the sensor reads a picture out under its settings. */
static void read_out(const tinyface_frame *frame, uint8_t *data, uint32_t size)
{
    int mirror, flip;

    tinyface_board_lock();
    mirror = mirrored;
    flip = flipped;
    tinyface_board_unlock();
    if (mirror || flip) {
        turn(data, frame->width, frame->height, size / ((uint32_t)frame->width * frame->height), mirror, flip);
    }
}

int tinyface_board_camera_grab(tinyface_frame *frame)
{
    uint8_t header[HEADER_BYTES];
    uint32_t size = 0;
    unsigned begun = count_starts(), earlier, period;
    int status = NOT_FOUND, index = wait_for_buffer();
    FILE *file;

    if (index < 0) {
        return TIMEOUT;
    }
    frame->data = buffers[index];
    file = open_next(begun, &earlier);
    if (file != NULL) {
        if (fread(header, 1, sizeof header, file) == sizeof header) {
            frame->format = (tinyface_pixels)header[0];
            frame->width = tinyface_get_u16(header + 2);
            frame->height = tinyface_get_u16(header + 4);
            period = tinyface_get_u16(header + 6);
            frame->time_ms = period > 0 ? film_ms + period * earlier : now_ms();
            size = tinyface_frame_bytes(header[0], frame->width, frame->height);
        }
        if (size > 0 && size <= TINYFACE_CAMERA_BYTES && fread(buffers[index], 1, size, file) == size) {
            read_out(frame, buffers[index], size);
            status = 0;
        }
        fclose(file);
    }
    if (status != 0) {
        tinyface_board_camera_release(frame);
    }
    return status;
}

void tinyface_board_camera_release(const tinyface_frame *frame)
{
    tinyface_board_lock();
    for (int i = 0; i < TINYFACE_CAMERA_FRAMES; i++) {
        held[i] = held[i] && buffers[i] != frame->data;
    }
    tinyface_board_unlock();
}
