// Minimal declarations for syntax checks: the base of all resolvers.
#pragma once

#include "tensorflow/lite/core/c/common.h"

namespace tflite {

class MicroOpResolver {
 public:
  virtual const TFLMRegistration* FindOp(const char* op) const = 0;
  virtual ~MicroOpResolver() {}
};

}  // namespace tflite
