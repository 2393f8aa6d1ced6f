// SPDX-License-Identifier: Apache-2.0
#include "renderer/nn/onednn.hpp"

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>

namespace pia::renderer {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
using Text = std::optional<c10::string_view>;
using LinearOp = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                            c10::string_view, Scalars, Text);
using ConvOp = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                          at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t, c10::string_view,
                          Scalars, Text);
using PackOp = at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t,
                          at::OptionalIntArrayRef);

template <class Signature>
const c10::TypedOperatorHandle<Signature>& op(const char* name) {
  static const auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
  return handle;
}

bool known(const char* name) {
  return c10::Dispatcher::singleton().findSchema({name, ""}).has_value();
}

std::optional<at::Tensor> if_defined(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

constexpr const char* kLinear = "mkldnn::_linear_pointwise";
constexpr const char* kConv = "mkldnn::_convolution_pointwise";
constexpr const char* kPack = "mkldnn::_reorder_convolution_weight";

}  // namespace

bool has_onednn() {
  static const bool has = known(kLinear) && known(kConv) && known(kPack);
  return has;
}

at::Tensor onednn_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return op<LinearOp>(kLinear).call(x, weight, if_defined(bias), "none", Scalars(), "");
}

at::Tensor onednn_packed(const at::Tensor& weight, const Stride& stride) {
  return op<PackOp>(kPack).call(weight, {stride.padding, stride.padding}, {stride.step, stride.step}, {1, 1},
                                1, std::nullopt);
}

at::Tensor onednn_conv(const at::Tensor& x, const Conv& layer) {
  const Stride& stride = layer.stride;
  return op<ConvOp>(kConv).call(x, layer.weight, if_defined(layer.bias), {stride.padding, stride.padding},
                                {stride.step, stride.step}, {1, 1}, 1, "none", Scalars(), "");
}

}  // namespace pia::renderer
