/* Storage on ESP-IDF 5.x: settings in NVS, firmware updates through esp_ota_ops into the slot that does not run,
 * the model partition mapped into memory. */
#include "esp_board.h"
#include "esp_err.h"
#include "esp_ota_ops.h"
#include "esp_partition.h"
#include "nvs.h"
#include "nvs_flash.h"

enum { MODEL_SUBTYPE = 0x40, SECTOR = 4096, NO_SLOT = 255 };

static const char name_space[] = "tinyface", key[] = "settings";
static int nvs_status = ESP_ERR_NVS_NOT_INITIALIZED;
static const esp_partition_t *other_slot, *model;
static esp_ota_handle_t update;
static int update_open;
static uint32_t erased; /* end of what has been erased of the model partition for this update */

void esp_board_start_store(void)
{
    nvs_status = nvs_flash_init();
    if (nvs_status == ESP_ERR_NVS_NO_FREE_PAGES || nvs_status == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        nvs_status = nvs_flash_erase();
        nvs_status = nvs_status == ESP_OK ? nvs_flash_init() : nvs_status;
    }
    other_slot = esp_ota_get_next_update_partition(NULL);
    model = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, (esp_partition_subtype_t)MODEL_SUBTYPE, "model");
}

int tinyface_board_settings_load(void *data, size_t size)
{
    nvs_handle_t handle;
    size_t found = size;
    esp_err_t status = nvs_status == ESP_OK ? nvs_open(name_space, NVS_READONLY, &handle) : nvs_status;

    if (status == ESP_OK) {
        status = nvs_get_blob(handle, key, data, &found);
        nvs_close(handle);
    }
    return status == ESP_OK && found != size ? ESP_ERR_INVALID_SIZE : status;
}

int tinyface_board_settings_save(const void *data, size_t size)
{
    nvs_handle_t handle;
    esp_err_t status = nvs_status == ESP_OK ? nvs_open(name_space, NVS_READWRITE, &handle) : nvs_status;

    if (status == ESP_OK) {
        status = nvs_set_blob(handle, key, data, size);
        status = status == ESP_OK ? nvs_commit(handle) : status;
        nvs_close(handle);
    }
    return status;
}

static const esp_partition_t *place(uint8_t target)
{
    return target == TINYFACE_WIRE_UPDATE_TARGET_MODEL ? model : other_slot;
}

uint32_t tinyface_board_update_room(uint8_t target)
{
    return place(target) != NULL ? place(target)->size : 0;
}

static int begin_firmware(void)
{
    esp_err_t status;
    if (update_open) {
        (void)esp_ota_abort(update);
    }
    status = esp_ota_begin(other_slot, OTA_WITH_SEQUENTIAL_WRITES, &update);
    update_open = status == ESP_OK;
    return status;
}

int tinyface_board_update_begin(uint8_t target, uint32_t offset, uint32_t bytes)
{
    if (target == TINYFACE_WIRE_UPDATE_TARGET_FIRMWARE) {
        return begin_firmware();
    }
    (void)bytes;
    erased = offset;
    return 0;
}

/* Sectors are erased just before their first bytes are written, one at a time: erasing a half at once would take
 * longer than the watchdog and the host wait. The first one also makes what was there before no image any more. */
static int write_model(uint32_t offset, const uint8_t *data, size_t size)
{
    while (erased < offset + size) {
        esp_err_t status = esp_partition_erase_range(model, erased, SECTOR);
        if (status != ESP_OK) {
            return status;
        }
        erased += SECTOR;
        tinyface_board_feed_watchdog();
    }
    return esp_partition_write(model, offset, data, size);
}

int tinyface_board_update_write(uint8_t target, uint32_t offset, const uint8_t *data, size_t size)
{
    if (target == TINYFACE_WIRE_UPDATE_TARGET_FIRMWARE) {
        return esp_ota_write(update, data, size); /* bytes come in order */
    }
    return write_model(offset, data, size);
}

int tinyface_board_update_read(uint8_t target, uint32_t offset, uint8_t *data, size_t size)
{
    return esp_partition_read(place(target), offset, data, size);
}

int tinyface_board_update_activate(void)
{
    esp_err_t status = esp_ota_end(update); /* checks the image */
    update_open = 0;
    return status == ESP_OK ? esp_ota_set_boot_partition(other_slot) : status;
}

uint8_t tinyface_board_slot(void)
{
    const esp_partition_t *running = esp_ota_get_running_partition();
    if (running == NULL || running->subtype < ESP_PARTITION_SUBTYPE_APP_OTA_MIN ||
        running->subtype >= ESP_PARTITION_SUBTYPE_APP_OTA_MAX) {
        return NO_SLOT;
    }
    return (uint8_t)(running->subtype - ESP_PARTITION_SUBTYPE_APP_OTA_MIN);
}

int tinyface_board_unconfirmed(void)
{
    esp_ota_img_states_t state;
    return esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) == ESP_OK &&
           state == ESP_OTA_IMG_PENDING_VERIFY;
}

int tinyface_board_confirm(void)
{
    return esp_ota_mark_app_valid_cancel_rollback();
}

const uint8_t *tinyface_board_model_partition(uint32_t *size)
{
    static const void *bytes; /* mapped once, for good */
    esp_partition_mmap_handle_t handle;

    *size = model != NULL ? model->size : 0;
    if (model != NULL && bytes == NULL &&
        esp_partition_mmap(model, 0, model->size, ESP_PARTITION_MMAP_DATA, &bytes, &handle) != ESP_OK) {
        bytes = NULL;
    }
    return bytes;
}
