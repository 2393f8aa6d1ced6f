// SPDX-License-Identifier: Apache-2.0
#ifdef __SANITIZE_THREAD__
/// OpenCV registers GDAL when it decodes its first picture, and GDAL takes two locks of its own in either
/// order.
extern "C" const char* __tsan_default_suppressions() {
  return "deadlock:libgdal\n";
}
#endif
