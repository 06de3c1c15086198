/* The serial port: UART0 with ring buffers and an event queue, or the chip's own USB serial port. */
#include "driver/uart.h"
#include "esp_board.h"
#include "esp_err.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/task.h"
#include "soc/soc_caps.h"
#if SOC_USB_SERIAL_JTAG_SUPPORTED
#include "driver/usb_serial_jtag.h"
#endif

#define PORT UART_NUM_0

enum {
    RX_BYTES = 8192,   /* 88 ms at 921600 baud */
    TX_BYTES = 4096,
    EVENTS = 16,
    RX_THRESHOLD = 64, /* of the FIFO's 128 bytes: 0.7 ms at 921600 baud are left until the interrupt must run */
    SEND_MS = 1000,    /* a USB host that takes nothing for this long is gone */
    SLICE_MS = 10,     /* the USB driver can't be woken: it is asked this often */
    DRAIN_MS = 200,
    ALL_SENT_MS = 20 /* 1843 bytes at 921600 baud */
};

static QueueHandle_t events; /* of UART0's driver; its queue also carries our wake-ups */

uint32_t esp_board_ticks_of(uint32_t ms)
{
    return (uint32_t)(((uint64_t)ms * configTICK_RATE_HZ + 999U) / 1000U);
}

static void start_uart(void)
{
    const uart_config_t config = {
        .baud_rate = TINYFACE_BAUD,
        .data_bits = UART_DATA_8_BITS,
        .parity = UART_PARITY_DISABLE,
        .stop_bits = UART_STOP_BITS_1,
        .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
        .source_clk = UART_SCLK_DEFAULT,
    };
    esp_board_must(uart_driver_install(PORT, RX_BYTES, TX_BYTES, EVENTS, &events, 0));
    esp_board_must(uart_param_config(PORT, &config));
    esp_board_must(uart_set_rx_full_threshold(PORT, RX_THRESHOLD));
}

static int read_uart(uint8_t *data, size_t size, uint32_t wait_ms)
{
    size_t ready = 0;
    uart_event_t event;
    int n;

    (void)uart_get_buffered_data_len(PORT, &ready);
    if (ready == 0 && xQueueReceive(events, &event, esp_board_ticks_of(wait_ms)) == pdTRUE) {
        if (event.type == UART_FIFO_OVF || event.type == UART_BUFFER_FULL) {
            (void)xQueueReset(events); /* bytes are lost: the frame's CRC will say so */
        }
        (void)uart_get_buffered_data_len(PORT, &ready);
    }
    if (ready == 0) {
        return 0;
    }
    n = uart_read_bytes(PORT, data, (uint32_t)(ready < size ? ready : size), 0);
    return n > 0 ? n : 0;
}

/* --- the USB serial port, where the chip has one ------------------------------------------------- */

#if SOC_USB_SERIAL_JTAG_SUPPORTED
static void start_usb(void)
{
    usb_serial_jtag_driver_config_t config = {.tx_buffer_size = TX_BYTES, .rx_buffer_size = RX_BYTES};
    esp_board_must(usb_serial_jtag_driver_install(&config));
}

static int read_usb(uint8_t *data, size_t size, uint32_t wait_ms)
{
    for (uint32_t waited = 0;; waited += SLICE_MS) {
        uint32_t slice = wait_ms - waited < SLICE_MS ? wait_ms - waited : SLICE_MS;
        int n = usb_serial_jtag_read_bytes(data, (uint32_t)size, esp_board_ticks_of(slice));
        if (n > 0) {
            return n;
        }
        if (waited + slice >= wait_ms || ulTaskNotifyTake(pdTRUE, 0) > 0) {
            return 0;
        }
    }
}

static int send_usb(const uint8_t *data, size_t size)
{
    return usb_serial_jtag_write_bytes(data, size, esp_board_ticks_of(SEND_MS));
}
#else
static void start_usb(void)
{
    esp_board_must(ESP_ERR_NOT_SUPPORTED);
}

static int read_usb(uint8_t *data, size_t size, uint32_t wait_ms)
{
    (void)data;
    (void)size;
    (void)wait_ms;
    return -1;
}

static int send_usb(const uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return -1;
}
#endif

/* --- the one that the board uses ----------------------------------------------------------------- */

void esp_board_start_serial(void)
{
    if (TINYFACE_OWN_USB) {
        start_usb();
    } else {
        start_uart();
    }
}

void esp_board_wake_serial(void)
{
    if (events != NULL) {
        const uart_event_t wake = {.type = UART_EVENT_MAX};
        (void)xQueueSend(events, &wake, 0); /* a full queue wakes the reader too */
    }
}

int tinyface_board_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    return TINYFACE_OWN_USB ? read_usb(data, size, wait_ms) : read_uart(data, size, wait_ms);
}

/* A picture at a low baud rate, or a host that takes bytes slowly, lasts longer than the watchdog waits: it is fed
 * between pieces, of which none can. */
int tinyface_board_write(const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t part = size < TX_BYTES / 2 ? size : TX_BYTES / 2;
        int n = TINYFACE_OWN_USB ? send_usb(data, part) : uart_write_bytes(PORT, data, part);
        if (n <= 0) {
            return -1;
        }
        tinyface_board_feed_watchdog();
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* The USB port takes what lies in its buffer within a few milliseconds, whatever the baud rate. */
int tinyface_board_all_sent(void)
{
    return TINYFACE_OWN_USB || uart_wait_tx_done(PORT, esp_board_ticks_of(ALL_SENT_MS)) == ESP_OK;
}

void tinyface_board_restart(void)
{
    if (TINYFACE_OWN_USB) {
        vTaskDelay(esp_board_ticks_of(DRAIN_MS));
    } else {
        (void)uart_wait_tx_done(PORT, esp_board_ticks_of(DRAIN_MS));
    }
    esp_restart();
}
