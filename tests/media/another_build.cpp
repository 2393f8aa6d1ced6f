// SPDX-License-Identifier: Apache-2.0
// A libpia-pictures.so that was not built with the programs.
#include "farm/media/internal/codecs.hpp"

extern "C" {
extern const pia::farm::PictureCodecs pia_picture_codecs;
const pia::farm::PictureCodecs pia_picture_codecs{};
}
