/* Freenove ESP32-S3-WROOM CAM: the socket marked UART, through a bridge on UART0. */
#include "esp_board.h"

const esp_board_facts esp_board = {
    .serial = ESP_SERIAL_UART0,
    .led_active_low = 0, /* the blue LED, GPIO2 */
    .flip = 1,           /* the sensor is mounted upside down */
};
