/* Settings, application slots and the model partition of the simulated boards. Erasing sets bits and writing
 * clears them, as in a real flash chip; what must survive a cut of power goes to the other of two sectors. */
#include "chip_store.h"

#ifdef TINYFACE_CHIP_STORE

#include <string.h>

#include "tinyface/board.h"
#include "tinyface/protocol.h"

enum {
    FAILED = -1,
    PIECE = 256,
    OTA_STATE_NEW = 0, /* as the ESP-IDF boot loader numbers them */
    OTA_STATE_PENDING = 1,
    OTA_STATE_VALID = 2,
    OTA_STATE_INVALID = 3,
    OTA_STATE_ABORTED = 4,
    OTA_ENTRY_BYTES = 32, /* sequence u32, label 20 bytes, state u32, CRC32 of the sequence */
    OTA_STATE_AT = 24,
    OTA_CRC_AT = 28,
    RECORD_HEAD = 12 /* number u32, bytes u32, CRC32 of number, bytes and data */
};

/* Clears bits, as programming a flash chip does: where nothing was erased the result is neither old nor new. */
static int program(uint32_t at, const uint8_t *data, size_t size)
{
    uint8_t piece[PIECE];
    while (size > 0) {
        size_t part = size < PIECE ? size : PIECE;
        if (tinyface_chip_read(at, piece, part) != 0) {
            return FAILED;
        }
        for (size_t i = 0; i < part; i++) {
            piece[i] &= data[i];
        }
        if (tinyface_chip_write(at, piece, part) != 0) {
            return FAILED;
        }
        at += (uint32_t)part;
        data += part;
        size -= part;
    }
    return 0;
}

static int erase(uint32_t at, uint32_t bytes)
{
    uint8_t piece[PIECE];
    memset(piece, 0xFF, sizeof piece);
    for (uint32_t end = at + bytes; at < end; at += PIECE) {
        if (tinyface_chip_write(at, piece, PIECE) != 0) {
            return FAILED;
        }
    }
    return 0;
}

/* --- settings ----------------------------------------------------------------------------------- */

/* The number of a whole record of `size` bytes in this sector, 0 when there is none. */
static uint32_t read_record(uint32_t sector, uint8_t *data, size_t size)
{
    uint8_t head[RECORD_HEAD];
    uint32_t at = TINYFACE_CHIP_NVS + sector * TINYFACE_CHIP_SECTOR;

    if (tinyface_chip_read(at, head, sizeof head) != 0 || tinyface_get_u32(head + 4) != size ||
        tinyface_chip_read(at + RECORD_HEAD, data, size) != 0 ||
        tinyface_crc32(tinyface_crc32(0, head, 8), data, size) != tinyface_get_u32(head + 8)) {
        return 0;
    }
    return tinyface_get_u32(head);
}

int tinyface_board_settings_load(void *data, size_t size)
{
    uint32_t first = read_record(0, data, size), second = read_record(1, data, size);
    if (first > second) {
        (void)read_record(0, data, size);
    }
    return first > 0 || second > 0 ? 0 : FAILED;
}

int tinyface_board_settings_save(const void *data, size_t size)
{
    uint8_t head[RECORD_HEAD], old[PIECE];
    uint32_t first, second, sector, at;

    if (size > sizeof old) {
        return FAILED;
    }
    first = read_record(0, old, size);
    second = read_record(1, old, size);
    sector = first > second ? 1 : 0;
    at = TINYFACE_CHIP_NVS + sector * TINYFACE_CHIP_SECTOR;
    tinyface_put_u32(head, (first > second ? first : second) + 1U);
    tinyface_put_u32(head + 4, (uint32_t)size);
    tinyface_put_u32(head + 8, tinyface_crc32(tinyface_crc32(0, head, 8), data, size));
    if (erase(at, TINYFACE_CHIP_SECTOR) != 0 || program(at + RECORD_HEAD, data, size) != 0) {
        return FAILED;
    }
    return program(at, head, sizeof head);
}

/* --- application slots ------------------------------------------------------------------------------ */

/* The sequence number of an entry that counts, 0 when it does not; its state. */
static uint32_t read_entry(uint32_t sector, uint32_t *state)
{
    uint8_t entry[OTA_ENTRY_BYTES];
    uint32_t number;

    *state = OTA_STATE_INVALID;
    if (tinyface_chip_read(TINYFACE_CHIP_OTADATA + sector * TINYFACE_CHIP_SECTOR, entry, sizeof entry) != 0) {
        return 0;
    }
    number = tinyface_get_u32(entry);
    *state = tinyface_get_u32(entry + OTA_STATE_AT);
    if (number == 0xFFFFFFFFU || tinyface_crc32(0xFFFFFFFFU, entry, 4) != tinyface_get_u32(entry + OTA_CRC_AT) ||
        *state == OTA_STATE_INVALID || *state == OTA_STATE_ABORTED) {
        return 0;
    }
    return number;
}

/* The entry the boot loader has followed: its sequence number (0: none, slot 0 runs), sector and state. */
static uint32_t active_entry(uint32_t *sector, uint32_t *state)
{
    uint32_t states[2], first = read_entry(0, &states[0]), second = read_entry(1, &states[1]);
    *sector = second > first;
    *state = states[*sector];
    return second > first ? second : first;
}

uint8_t tinyface_board_slot(void)
{
    uint32_t sector, state, number = active_entry(&sector, &state);
    return number == 0 ? 0 : (uint8_t)((number - 1U) % 2U);
}

static int write_entry(uint32_t sector, uint32_t number, uint32_t state)
{
    uint8_t entry[OTA_ENTRY_BYTES];
    uint32_t at = TINYFACE_CHIP_OTADATA + sector * TINYFACE_CHIP_SECTOR;

    memset(entry, 0xFF, sizeof entry);
    tinyface_put_u32(entry, number);
    tinyface_put_u32(entry + OTA_STATE_AT, state);
    tinyface_put_u32(entry + OTA_CRC_AT, tinyface_crc32(0xFFFFFFFFU, entry, 4));
    return erase(at, TINYFACE_CHIP_SECTOR) != 0 ? FAILED : program(at, entry, sizeof entry);
}

int tinyface_board_unconfirmed(void)
{
    uint32_t sector, state;
    return active_entry(&sector, &state) != 0 && state == OTA_STATE_PENDING;
}

/* The entry is written anew: a cut of power on the way leaves the old firmware, which is right too. */
int tinyface_board_confirm(void)
{
    uint32_t sector, state, number = active_entry(&sector, &state);
    return number == 0 ? 0 : write_entry(sector, number, OTA_STATE_VALID);
}

int tinyface_board_update_activate(void)
{
    uint32_t sector, state, number = active_entry(&sector, &state);
    uint8_t magic;

    if (tinyface_board_update_read(TINYFACE_WIRE_UPDATE_TARGET_FIRMWARE, 0, &magic, 1) != 0 || magic != 0xE9) {
        return FAILED; /* the boot loader would not start it */
    }
    return number == 0 ? write_entry(0, 2, OTA_STATE_NEW) : write_entry(1U - sector, number + 1U, OTA_STATE_NEW);
}

/* --- the place of an update -------------------------------------------------------------------------- */

static uint32_t place(uint8_t target)
{
    if (target == TINYFACE_WIRE_UPDATE_TARGET_MODEL) {
        return TINYFACE_CHIP_MODEL;
    }
    return tinyface_board_slot() == 0 ? TINYFACE_CHIP_SLOT_1 : TINYFACE_CHIP_SLOT_0;
}

uint32_t tinyface_board_update_room(uint8_t target)
{
    return target == TINYFACE_WIRE_UPDATE_TARGET_MODEL ? TINYFACE_CHIP_MODEL_BYTES : TINYFACE_CHIP_SLOT_BYTES;
}

int tinyface_board_update_begin(uint8_t target, uint32_t offset, uint32_t bytes)
{
    uint32_t whole = (bytes + TINYFACE_CHIP_SECTOR - 1U) / TINYFACE_CHIP_SECTOR * TINYFACE_CHIP_SECTOR;
    return erase(place(target) + offset, whole);
}

int tinyface_board_update_write(uint8_t target, uint32_t offset, const uint8_t *data, size_t size)
{
    return program(place(target) + offset, data, size);
}

int tinyface_board_update_read(uint8_t target, uint32_t offset, uint8_t *data, size_t size)
{
    return tinyface_chip_read(place(target) + offset, data, size);
}

#else
typedef int tinyface_no_chip_store; /* ISO C wants a declaration in every file */
#endif
