// Minimal declarations for syntax checks: the resolver's methods that generated code may call.
#pragma once

#include "tensorflow/lite/core/c/common.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"

namespace tflite {

const TFLMRegistration& Register_ADD();
const TFLMRegistration& Register_AVERAGE_POOL_2D();
const TFLMRegistration& Register_CONCATENATION();
const TFLMRegistration& Register_CONV_2D();
const TFLMRegistration& Register_DEPTHWISE_CONV_2D();
const TFLMRegistration& Register_FULLY_CONNECTED();
const TFLMRegistration& Register_MEAN();
const TFLMRegistration& Register_PAD();
const TFLMRegistration& Register_PADV2();
const TFLMRegistration& Register_QUANTIZE();
const TFLMRegistration& Register_RESHAPE();
const TFLMRegistration& Register_SOFTMAX();

template <unsigned int tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  explicit MicroMutableOpResolver() {}
  const TFLMRegistration* FindOp(const char* op) const override;

  TfLiteStatus AddAdd(const TFLMRegistration& registration = Register_ADD());
  TfLiteStatus AddAveragePool2D(const TFLMRegistration& registration = Register_AVERAGE_POOL_2D());
  TfLiteStatus AddConcatenation(const TFLMRegistration& registration = Register_CONCATENATION());
  TfLiteStatus AddConv2D(const TFLMRegistration& registration = Register_CONV_2D());
  TfLiteStatus AddDepthwiseConv2D(const TFLMRegistration& registration = Register_DEPTHWISE_CONV_2D());
  TfLiteStatus AddFullyConnected(const TFLMRegistration& registration = Register_FULLY_CONNECTED());
  TfLiteStatus AddMean(const TFLMRegistration& registration = Register_MEAN());
  TfLiteStatus AddPad(const TFLMRegistration& registration = Register_PAD());
  TfLiteStatus AddPadV2(const TFLMRegistration& registration = Register_PADV2());
  TfLiteStatus AddQuantize(const TFLMRegistration& registration = Register_QUANTIZE());
  TfLiteStatus AddReshape(const TFLMRegistration& registration = Register_RESHAPE());
  TfLiteStatus AddSoftmax(const TFLMRegistration& registration = Register_SOFTMAX());
};

}  // namespace tflite
