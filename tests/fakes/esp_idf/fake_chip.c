/* Partitions, otadata and NVS in the flash chip, the file TINYFACE_FLASH.
 * FAKE_ERASE_MS: how long a sector's erase takes. FAKE_NVS: the error code of the first nvs_flash_init. FAKE_NVS_WRITE: that of nvs_commit. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "esp_ota_ops.h"
#include "fake.h"
#include "nvs.h"
#include "nvs_flash.h"
#include "tinyface/protocol.h"

enum { NVS_AT = 0x9000, NVS_BYTES = 512, OTADATA_AT = 0xE000, SECTOR = 4096, ENTRY_BYTES = 32 };

static const esp_partition_t slots[2] = {
    {.type = ESP_PARTITION_TYPE_APP, .subtype = ESP_PARTITION_SUBTYPE_APP_OTA_0, .address = 0x10000, .size = 0x180000},
    {.type = ESP_PARTITION_TYPE_APP, .subtype = ESP_PARTITION_SUBTYPE_APP_OTA_1, .address = 0x190000, .size = 0x180000}};
static const esp_partition_t model = {
    .type = ESP_PARTITION_TYPE_DATA, .subtype = (esp_partition_subtype_t)0x40, .address = 0x310000, .size = 0xF0000};

static int chip(void)
{
    static int file = -1;
    if (file < 0) {
        file = open(getenv("TINYFACE_FLASH"), O_RDWR);
    }
    return file;
}

static esp_err_t get(uint32_t at, void *data, size_t size)
{
    return pread(chip(), data, size, (off_t)at) == (ssize_t)size ? ESP_OK : ESP_FAIL;
}

/* Programming clears bits. */
static esp_err_t program(uint32_t at, const void *data, size_t size)
{
    uint8_t old;
    for (size_t i = 0; i < size; i++) {
        if (get(at + (uint32_t)i, &old, 1) != ESP_OK) {
            return ESP_FAIL;
        }
        old &= ((const uint8_t *)data)[i];
        if (pwrite(chip(), &old, 1, (off_t)(at + i)) != 1) {
            return ESP_FAIL;
        }
    }
    return ESP_OK;
}

static esp_err_t erase(uint32_t at, size_t size)
{
    uint8_t bytes[SECTOR];
    memset(bytes, 0xFF, sizeof bytes);
    for (size_t i = 0; i < size; i += SECTOR) {
        if (pwrite(chip(), bytes, SECTOR, (off_t)(at + i)) != SECTOR) {
            return ESP_FAIL;
        }
    }
    return ESP_OK;
}

/* --- partitions --------------------------------------------------------------------------------- */

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype, const char *label)
{
    return type == model.type && subtype == model.subtype && strcmp(label, "model") == 0 ? &model : NULL;
}

static int outside(const esp_partition_t *partition, size_t offset, size_t size)
{
    return offset > partition->size || size > partition->size - offset;
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *to, size_t size)
{
    fake_say("flash read %u\n", (unsigned)size);
    return outside(partition, offset, size) ? ESP_ERR_INVALID_SIZE : get(partition->address + (uint32_t)offset, to, size);
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *from, size_t size)
{
    fake_say("flash write %u\n", (unsigned)size);
    return outside(partition, offset, size) ? ESP_ERR_INVALID_SIZE
                                            : program(partition->address + (uint32_t)offset, from, size);
}

esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size)
{
    if (offset % SECTOR != 0 || size % SECTOR != 0) {
        return ESP_ERR_INVALID_SIZE;
    }
    fake_say("flash erase %u\n", (unsigned)size);
    usleep((useconds_t)(size / SECTOR) * fake_number("FAKE_ERASE_MS") * 1000U);
    return outside(partition, offset, size) ? ESP_ERR_INVALID_SIZE : erase(partition->address + (uint32_t)offset, size);
}

esp_err_t esp_partition_mmap(const esp_partition_t *partition, size_t offset, size_t size, esp_partition_mmap_memory_t memory,
                             const void **out, esp_partition_mmap_handle_t *handle)
{
    void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, chip(), (off_t)(partition->address + offset));
    *handle = 1;
    *out = at;
    return memory == ESP_PARTITION_MMAP_DATA && at != MAP_FAILED ? ESP_OK : ESP_FAIL;
}

/* --- application slots --------------------------------------------------------------------------- */

/* The newest entry that is not given up; its sector, -1 without one. */
static int active(uint32_t *number, uint32_t *state)
{
    int found = -1;
    *number = 0;
    for (int sector = 0; sector < 2; sector++) {
        uint8_t entry[ENTRY_BYTES];
        uint32_t its, its_state;
        (void)get(OTADATA_AT + (uint32_t)sector * SECTOR, entry, sizeof entry);
        its = tinyface_get_u32(entry);
        its_state = tinyface_get_u32(entry + 24);
        if (its != 0xFFFFFFFFU && tinyface_crc32(0xFFFFFFFFU, entry, 4) == tinyface_get_u32(entry + 28) &&
            its_state != ESP_OTA_IMG_INVALID && its_state != ESP_OTA_IMG_ABORTED && its > *number) {
            *number = its;
            *state = its_state;
            found = sector;
        }
    }
    return found;
}

static esp_err_t write_entry(int sector, uint32_t number, uint32_t state)
{
    uint8_t entry[ENTRY_BYTES];
    uint32_t at = OTADATA_AT + (uint32_t)sector * SECTOR;
    memset(entry, 0xFF, sizeof entry);
    tinyface_put_u32(entry, number);
    tinyface_put_u32(entry + 24, state);
    tinyface_put_u32(entry + 28, tinyface_crc32(0xFFFFFFFFU, entry, 4));
    return erase(at, SECTOR) == ESP_OK ? program(at, entry, sizeof entry) : ESP_FAIL;
}

const esp_partition_t *esp_ota_get_running_partition(void)
{
    static const esp_partition_t *running; /* what was booted, whatever otadata says later */
    uint32_t number, state;
    if (running == NULL) {
        running = active(&number, &state) >= 0 ? &slots[(number - 1) % 2] : &slots[0];
    }
    return running;
}

const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *from)
{
    from = from != NULL ? from : esp_ota_get_running_partition();
    return from == &slots[0] ? &slots[1] : &slots[0];
}

static struct {
    const esp_partition_t *slot;
    uint32_t handle, written;
} update;

esp_err_t esp_ota_begin(const esp_partition_t *partition, size_t size, esp_ota_handle_t *handle)
{
    esp_ota_img_states_t state;
    if (partition == esp_ota_get_running_partition() || size != OTA_WITH_SEQUENTIAL_WRITES) {
        return ESP_ERR_INVALID_ARG;
    }
    if (esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) == ESP_OK &&
        state == ESP_OTA_IMG_PENDING_VERIFY) {
        return ESP_ERR_OTA_ROLLBACK_INVALID_STATE;
    }
    update.slot = partition;
    update.written = 0;
    *handle = ++update.handle;
    return ESP_OK;
}

esp_err_t esp_ota_write(esp_ota_handle_t handle, const void *data, size_t size)
{
    uint32_t at = update.written;
    fake_say("flash write %u\n", (unsigned)size);
    if (handle != update.handle || update.slot == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (at == 0 && size > 0 && ((const uint8_t *)data)[0] != 0xE9) {
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    for (uint32_t sector = (at + SECTOR - 1) / SECTOR; sector * SECTOR < at + size; sector++) {
        if (erase(update.slot->address + sector * SECTOR, SECTOR) != ESP_OK) {
            return ESP_FAIL;
        }
    }
    update.written += (uint32_t)size;
    return program(update.slot->address + at, data, size);
}

esp_err_t esp_ota_end(esp_ota_handle_t handle)
{
    esp_err_t status = handle == update.handle && update.written > 0 ? ESP_OK : ESP_ERR_INVALID_ARG;
    update.handle++;
    return status;
}

esp_err_t esp_ota_abort(esp_ota_handle_t handle)
{
    return handle == update.handle ? ESP_OK : ESP_ERR_NOT_FOUND;
}

esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition)
{
    uint32_t number, state, slot = partition == &slots[1];
    int sector = active(&number, &state);
    uint8_t magic = 0;

    if (get(partition->address, &magic, 1) != ESP_OK || magic != 0xE9) {
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    if (sector < 0) {
        return write_entry(0, slot + 1, ESP_OTA_IMG_NEW);
    }
    do {
        number++;
    } while ((number - 1) % 2 != slot);
    return write_entry(1 - sector, number, ESP_OTA_IMG_NEW);
}

esp_err_t esp_ota_get_state_partition(const esp_partition_t *partition, esp_ota_img_states_t *state)
{
    uint32_t number, found;
    if (active(&number, &found) < 0 || &slots[(number - 1) % 2] != partition) {
        return ESP_ERR_NOT_FOUND;
    }
    *state = (esp_ota_img_states_t)found;
    return ESP_OK;
}

esp_err_t esp_ota_mark_app_valid_cancel_rollback(void)
{
    uint32_t number, state;
    int sector = active(&number, &state);
    return sector < 0 ? ESP_OK : write_entry(sector, number, ESP_OTA_IMG_VALID);
}

/* --- NVS: one blob, its length before it ---------------------------------------------------------- */

static int nvs_ready;
static uint8_t pending[NVS_BYTES];

esp_err_t nvs_flash_init(void)
{
    static int tries;
    uint32_t code = fake_number("FAKE_NVS");
    if (tries++ == 0 && code != 0) {
        return (esp_err_t)code;
    }
    nvs_ready = 1;
    return ESP_OK;
}

esp_err_t nvs_flash_erase(void)
{
    return erase(NVS_AT, SECTOR);
}

esp_err_t nvs_open(const char *name, nvs_open_mode_t mode, nvs_handle_t *handle)
{
    *handle = 1;
    (void)mode;
    return !nvs_ready ? ESP_ERR_NVS_NOT_INITIALIZED : strcmp(name, "tinyface") == 0 ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *value, size_t *length)
{
    uint8_t kept[NVS_BYTES];
    (void)handle;
    (void)key;
    (void)get(NVS_AT, kept, sizeof kept);
    if (tinyface_get_u32(kept) > NVS_BYTES - 4) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    if (tinyface_get_u32(kept) > *length) {
        return ESP_ERR_NVS_INVALID_LENGTH;
    }
    *length = tinyface_get_u32(kept);
    memcpy(value, kept + 4, *length);
    return ESP_OK;
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length)
{
    (void)handle;
    (void)key;
    tinyface_put_u32(pending, (uint32_t)length);
    memcpy(pending + 4, value, length);
    return ESP_OK;
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
    uint32_t code = fake_number("FAKE_NVS_WRITE");
    (void)handle;
    if (code != 0) {
        return (esp_err_t)code;
    }
    return erase(NVS_AT, SECTOR) == ESP_OK ? program(NVS_AT, pending, sizeof pending) : ESP_FAIL;
}

void nvs_close(nvs_handle_t handle)
{
    (void)handle;
}
