// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pia::farm {

/// Opens what reads JPEG, WebP, BMP and TIFF and what makes and reads videos, which else is done when it is
/// first needed. For a process that will render all night: a machine that lacks any of it says so before it
/// gets a shot, and what is installed over it later is not mixed with it. Throws jobs::Error (unavailable).
/// Callable from several threads.
void open_codecs();

}  // namespace pia::farm
