// SPDX-License-Identifier: Apache-2.0
#include "renderer/training/autocast.hpp"

#include <ATen/autocast_mode.h>

namespace pia::renderer {

Autocast::Autocast(at::Device device, jobs::MixedPrecision precision)
    : device_(device.type()),
      dtype_before_(at::autocast::get_autocast_dtype(device.type())),
      is_on_(precision == jobs::MixedPrecision::bf16) {
  if (!is_on_) return;
  at::autocast::set_autocast_dtype(device_, at::kBFloat16);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!is_on_) return;
  // Casts of weights, kept for as long as the weights stay the same.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, false);
  at::autocast::set_autocast_dtype(device_, dtype_before_);
}

}  // namespace pia::renderer
