// Minimal declarations for syntax checks: the resolver's methods that generated code may call.
#pragma once

#include "tensorflow/lite/core/c/common.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"

namespace tflite {

const TFLMRegistration& Register_ADD();
const TFLMRegistration& Register_AVERAGE_POOL_2D();
const TFLMRegistration& Register_BATCH_MATMUL();
const TFLMRegistration& Register_BROADCAST_TO();
const TFLMRegistration& Register_CONCATENATION();
const TFLMRegistration& Register_CONV_2D();
const TFLMRegistration& Register_DEPTHWISE_CONV_2D();
const TFLMRegistration& Register_ELU();
const TFLMRegistration& Register_EXPAND_DIMS();
const TFLMRegistration& Register_FULLY_CONNECTED();
const TFLMRegistration& Register_GATHER();
const TFLMRegistration& Register_HARD_SWISH();
const TFLMRegistration& Register_LEAKY_RELU();
const TFLMRegistration& Register_LOGISTIC();
const TFLMRegistration& Register_MAXIMUM();
const TFLMRegistration& Register_MAX_POOL_2D();
const TFLMRegistration& Register_MEAN();
const TFLMRegistration& Register_MINIMUM();
const TFLMRegistration& Register_MIRROR_PAD();
const TFLMRegistration& Register_MUL();
const TFLMRegistration& Register_PACK();
const TFLMRegistration& Register_PAD();
const TFLMRegistration& Register_PADV2();
const TFLMRegistration& Register_PRELU();
const TFLMRegistration& Register_QUANTIZE();
const TFLMRegistration& Register_REDUCE_MAX();
const TFLMRegistration& Register_RELU();
const TFLMRegistration& Register_RELU6();
const TFLMRegistration& Register_RESHAPE();
const TFLMRegistration& Register_RESIZE_BILINEAR();
const TFLMRegistration& Register_RSQRT();
const TFLMRegistration& Register_SLICE();
const TFLMRegistration& Register_SOFTMAX();
const TFLMRegistration& Register_SPLIT();
const TFLMRegistration& Register_SPLIT_V();
const TFLMRegistration& Register_SQUARED_DIFFERENCE();
const TFLMRegistration& Register_SQUEEZE();
const TFLMRegistration& Register_STRIDED_SLICE();
const TFLMRegistration& Register_SUB();
const TFLMRegistration& Register_SUM();
const TFLMRegistration& Register_TANH();
const TFLMRegistration& Register_TRANSPOSE();
const TFLMRegistration& Register_TRANSPOSE_CONV();
const TFLMRegistration& Register_UNPACK();

template <unsigned int tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  explicit MicroMutableOpResolver() {}
  const TFLMRegistration* FindOp(const char* op) const override;

  TfLiteStatus AddAdd(const TFLMRegistration& registration = Register_ADD());
  TfLiteStatus AddArgMax();
  TfLiteStatus AddAveragePool2D(const TFLMRegistration& registration = Register_AVERAGE_POOL_2D());
  TfLiteStatus AddBatchMatMul(const TFLMRegistration& registration = Register_BATCH_MATMUL());
  TfLiteStatus AddBroadcastTo(const TFLMRegistration& registration = Register_BROADCAST_TO());
  TfLiteStatus AddConcatenation(const TFLMRegistration& registration = Register_CONCATENATION());
  TfLiteStatus AddConv2D(const TFLMRegistration& registration = Register_CONV_2D());
  TfLiteStatus AddDepthwiseConv2D(const TFLMRegistration& registration = Register_DEPTHWISE_CONV_2D());
  TfLiteStatus AddElu(const TFLMRegistration& registration = Register_ELU());
  TfLiteStatus AddExpandDims(const TFLMRegistration& registration = Register_EXPAND_DIMS());
  TfLiteStatus AddFullyConnected(const TFLMRegistration& registration = Register_FULLY_CONNECTED());
  TfLiteStatus AddGather(const TFLMRegistration& registration = Register_GATHER());
  TfLiteStatus AddHardSwish(const TFLMRegistration& registration = Register_HARD_SWISH());
  TfLiteStatus AddLeakyRelu(const TFLMRegistration& registration = Register_LEAKY_RELU());
  TfLiteStatus AddLogistic(const TFLMRegistration& registration = Register_LOGISTIC());
  TfLiteStatus AddMaximum(const TFLMRegistration& registration = Register_MAXIMUM());
  TfLiteStatus AddMaxPool2D(const TFLMRegistration& registration = Register_MAX_POOL_2D());
  TfLiteStatus AddMean(const TFLMRegistration& registration = Register_MEAN());
  TfLiteStatus AddMinimum(const TFLMRegistration& registration = Register_MINIMUM());
  TfLiteStatus AddMirrorPad(const TFLMRegistration& registration = Register_MIRROR_PAD());
  TfLiteStatus AddMul(const TFLMRegistration& registration = Register_MUL());
  TfLiteStatus AddPack(const TFLMRegistration& registration = Register_PACK());
  TfLiteStatus AddPad(const TFLMRegistration& registration = Register_PAD());
  TfLiteStatus AddPadV2(const TFLMRegistration& registration = Register_PADV2());
  TfLiteStatus AddPrelu(const TFLMRegistration& registration = Register_PRELU());
  TfLiteStatus AddQuantize(const TFLMRegistration& registration = Register_QUANTIZE());
  TfLiteStatus AddReduceMax(const TFLMRegistration& registration = Register_REDUCE_MAX());
  TfLiteStatus AddRelu(const TFLMRegistration& registration = Register_RELU());
  TfLiteStatus AddRelu6(const TFLMRegistration& registration = Register_RELU6());
  TfLiteStatus AddReshape(const TFLMRegistration& registration = Register_RESHAPE());
  TfLiteStatus AddResizeBilinear(const TFLMRegistration& registration = Register_RESIZE_BILINEAR());
  TfLiteStatus AddRsqrt(const TFLMRegistration& registration = Register_RSQRT());
  TfLiteStatus AddResizeNearestNeighbor();
  TfLiteStatus AddSlice(const TFLMRegistration& registration = Register_SLICE());
  TfLiteStatus AddSoftmax(const TFLMRegistration& registration = Register_SOFTMAX());
  TfLiteStatus AddSplit(const TFLMRegistration& registration = Register_SPLIT());
  TfLiteStatus AddSplitV(const TFLMRegistration& registration = Register_SPLIT_V());
  TfLiteStatus AddSquaredDifference(const TFLMRegistration& registration = Register_SQUARED_DIFFERENCE());
  TfLiteStatus AddSqueeze(const TFLMRegistration& registration = Register_SQUEEZE());
  TfLiteStatus AddStridedSlice(const TFLMRegistration& registration = Register_STRIDED_SLICE());
  TfLiteStatus AddSub(const TFLMRegistration& registration = Register_SUB());
  TfLiteStatus AddSum(const TFLMRegistration& registration = Register_SUM());
  TfLiteStatus AddTanh(const TFLMRegistration& registration = Register_TANH());
  TfLiteStatus AddTranspose(const TFLMRegistration& registration = Register_TRANSPOSE());
  TfLiteStatus AddTransposeConv(const TFLMRegistration& registration = Register_TRANSPOSE_CONV());
  TfLiteStatus AddUnpack(const TFLMRegistration& registration = Register_UNPACK());
};

}  // namespace tflite
