// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>

namespace pia::farm {

/// What the boxes of a file (ISO/IEC 14496-12, 4.2) say of it.
enum class Mp4Look {
  no_mp4,  ///< the first one is none that an MP4 or MOV begins with
  cut,     ///< one that frames hang on is longer than the file
  whole
};

/// Reads the boxes' heads, 100,000 at most. A stream that fails stays so.
Mp4Look look_at_boxes(std::istream& file);

}  // namespace pia::farm
