/* UART0 on standard input and output: a thread fills the ring buffer and posts events, as the driver's ISR does.
 * FAKE_MS_PER_KB: how slowly bytes are taken. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "driver/uart.h"
#include "driver/usb_serial_jtag.h"
#include "esp_rom_sys.h"
#include "fake.h"

enum { RING_BYTES = 1 << 20 };

static uint8_t ring[RING_BYTES];
static size_t first, used, capacity;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static QueueHandle_t events;

static void *receive(void *unused)
{
    uint8_t bytes[4096];
    for (;;) {
        ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
        if (n <= 0) {
            _exit(0); /* switched off */
        }
        for (ssize_t at = 0; at < n;) {
            size_t part = 0;
            uart_event_t event = {.type = UART_DATA};
            pthread_mutex_lock(&mutex);
            while (at < n && used < capacity) {
                ring[(first + used++) % RING_BYTES] = bytes[at++];
                part++;
            }
            pthread_mutex_unlock(&mutex);
            event.size = part;
            if (part > 0) {
                (void)xQueueSend(events, &event, 0);
            } else {
                usleep(1000); /* a host that is paced: the port's speed is not modelled */
            }
        }
    }
    return unused;
}

esp_err_t uart_driver_install(uart_port_t port, int rx_bytes, int tx_bytes, int queue_size, QueueHandle_t *queue, int flags)
{
    pthread_t thread;
    if (port != UART_NUM_0 || rx_bytes <= 128 || (tx_bytes != 0 && tx_bytes <= 128) || queue == NULL || flags != 0) {
        return ESP_FAIL;
    }
    capacity = (size_t)rx_bytes;
    events = fake_queue(sizeof(uart_event_t), (size_t)queue_size);
    *queue = events;
    return pthread_create(&thread, NULL, receive, NULL) == 0 ? ESP_OK : ESP_FAIL;
}

esp_err_t uart_param_config(uart_port_t port, const uart_config_t *config)
{
    return port == UART_NUM_0 && config->baud_rate > 0 && config->data_bits == UART_DATA_8_BITS ? ESP_OK : ESP_FAIL;
}

/* The FIFO has 128 bytes: a threshold of 120 leaves no time at all. */
esp_err_t uart_set_rx_full_threshold(uart_port_t port, int threshold)
{
    fake_say("uart threshold %d\n", threshold);
    return port == UART_NUM_0 && events != NULL && threshold > 0 && threshold < 128 ? ESP_OK : ESP_FAIL;
}

esp_err_t uart_get_buffered_data_len(uart_port_t port, size_t *size)
{
    (void)port;
    pthread_mutex_lock(&mutex);
    *size = used;
    pthread_mutex_unlock(&mutex);
    return ESP_OK;
}

int uart_read_bytes(uart_port_t port, void *to, uint32_t length, TickType_t ticks)
{
    uint8_t *bytes = to;
    uint32_t n = 0;
    (void)port;
    (void)ticks;
    pthread_mutex_lock(&mutex);
    for (; n < length && used > 0; n++, used--) {
        bytes[n] = ring[first];
        first = (first + 1) % RING_BYTES;
    }
    pthread_mutex_unlock(&mutex);
    return (int)n;
}

int uart_write_bytes(uart_port_t port, const void *from, size_t size)
{
    const uint8_t *bytes = from;
    (void)port;
    usleep((useconds_t)(size / 1024U * fake_number("FAKE_MS_PER_KB") * 1000U));
    for (size_t at = 0; at < size;) {
        ssize_t n = write(STDOUT_FILENO, bytes + at, size - at);
        if (n <= 0) {
            return -1;
        }
        at += (size_t)n;
    }
    return (int)size;
}

esp_err_t uart_wait_tx_done(uart_port_t port, TickType_t ticks)
{
    (void)port;
    (void)ticks;
    return ESP_OK;
}

/* What the ROM prints goes to the same pins, whatever the driver is sending. */
static void put_rom(char c)
{
    (void)!write(STDOUT_FILENO, &c, 1);
}

static void (*channels[2])(char c) = {put_rom, NULL};

void esp_rom_install_channel_putc(int channel, void (*putc)(char c))
{
    channels[channel - 1] = putc;
}

void fake_rom_print(const char *text)
{
    for (; *text != '\0'; text++) {
        for (unsigned i = 0; i < 2; i++) {
            if (channels[i] != NULL) {
                channels[i](*text);
            }
        }
    }
}

/* The USB port of the newer chips, on the same pipe. */
esp_err_t usb_serial_jtag_driver_install(usb_serial_jtag_driver_config_t *config)
{
    QueueHandle_t queue;
    return uart_driver_install(UART_NUM_0, (int)config->rx_buffer_size, (int)config->tx_buffer_size, 16, &queue, 0);
}

int usb_serial_jtag_read_bytes(void *to, uint32_t length, TickType_t ticks)
{
    uart_event_t event;
    int n = uart_read_bytes(UART_NUM_0, to, length, 0);
    if (n == 0 && xQueueReceive(events, &event, ticks) == pdTRUE) {
        n = uart_read_bytes(UART_NUM_0, to, length, 0);
    }
    return n;
}

/* FAKE_USB_DEAF: this write and the two after it are taken by nobody. */
int usb_serial_jtag_write_bytes(const void *from, size_t size, TickType_t ticks)
{
    static uint32_t writes;
    uint32_t deaf = fake_number("FAKE_USB_DEAF");
    (void)ticks;
    writes++;
    if (deaf > 0 && writes >= deaf && writes <= deaf + 2) {
        return 0;
    }
    return uart_write_bytes(UART_NUM_0, from, size);
}
