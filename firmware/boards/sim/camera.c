/* The simulated camera: frame files of the folder TINYFACE_CAMERA, 0000.frame and so on, round and round.
 * host_tools/simulator/pictures.py writes them. */
#include <stdio.h>
#include <stdlib.h>

#include "tinyface/board.h"
#include "tinyface/messages.h"

enum {
    HEADER_BYTES = 8, /* format u8, 0 u8, width u16, height u16, 0 u16 */
    NOT_FOUND = 0x105 /* what the real driver says when no camera answers */
};

static const char *folder;
static uint8_t *buffer;
static unsigned next;

int tinyface_board_camera_start(void)
{
    int internal;
    folder = getenv("TINYFACE_CAMERA");
    if (folder == NULL) {
        return NOT_FOUND;
    }
    if (buffer == NULL) {
        buffer = tinyface_board_alloc(TINYFACE_CAMERA_BYTES, &internal);
    }
    next = 0;
    return buffer != NULL ? 0 : NOT_FOUND;
}

static FILE *open_frame(unsigned number)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%04u.frame", folder, number);
    return length > 0 && (size_t)length < sizeof path ? fopen(path, "rb") : NULL;
}

int tinyface_board_camera_grab(tinyface_frame *frame)
{
    uint8_t header[HEADER_BYTES];
    uint32_t size = 0;
    int status = NOT_FOUND;
    FILE *file = open_frame(next);

    if (file == NULL && next > 0) {
        next = 0;
        file = open_frame(next);
    }
    if (file == NULL) {
        return NOT_FOUND;
    }
    next++;
    if (fread(header, 1, sizeof header, file) == sizeof header) {
        frame->format = (tinyface_pixels)header[0];
        frame->width = tinyface_get_u16(header + 2);
        frame->height = tinyface_get_u16(header + 4);
        frame->data = buffer;
        size = tinyface_frame_bytes(header[0], frame->width, frame->height);
    }
    if (size > 0 && size <= TINYFACE_CAMERA_BYTES && fread(buffer, 1, size, file) == size) {
        status = 0;
    }
    fclose(file);
    return status;
}

void tinyface_board_camera_release(void)
{
}
