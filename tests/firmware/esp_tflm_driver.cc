// Runs a model in TFLite-Micro with every operator of this package: DRIVER MODEL ARENA_BYTES. Reads the inputs of
// one inference after the other from standard input, writes the outputs. Exit status 3: it can't be started, 4: an
// inference failed.
#include <cstdio>
#include <cstdlib>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

extern "C" int64_t esp_timer_get_time(void) { return 0; }

namespace {

alignas(16) uint8_t model[1 << 22];
tflite::MicroMutableOpResolver<OPERATORS> resolver;

}  // namespace

int main(int argc, char** argv) {
  FILE* file = argc == 3 ? fopen(argv[1], "rb") : nullptr;
  if (file == nullptr || fread(model, 1, sizeof model, file) == 0 || !(ADD_OPERATORS)) {
    return 2;
  }
  const size_t bytes = strtoul(argv[2], nullptr, 10);
  uint8_t* arena = static_cast<uint8_t*>(aligned_alloc(16, bytes));
  tflite::MicroInterpreter interpreter(tflite::GetModel(model), resolver, arena, bytes);
  if (interpreter.AllocateTensors() != kTfLiteOk) {
    return 3;
  }
  for (;;) {
    for (size_t i = 0; i < interpreter.inputs_size(); i++) {
      const size_t size = interpreter.input(i)->bytes;
      if (fread(interpreter.input(i)->data.raw, 1, size, stdin) != size) {
        return 0;
      }
    }
    if (interpreter.Invoke() != kTfLiteOk) {
      return 4;
    }
    for (size_t i = 0; i < interpreter.outputs_size(); i++) {
      fwrite(interpreter.output(i)->data.raw, 1, interpreter.output(i)->bytes, stdout);
    }
  }
}
