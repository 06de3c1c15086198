/* Test stand-in for the generated sdkconfig.h. */
#pragma once
#define CONFIG_ESP_MAIN_TASK_STACK_SIZE 16384
