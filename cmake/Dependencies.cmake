# SPDX-License-Identifier: Apache-2.0
# Every dependency is found through CMAKE_PREFIX_PATH, pkg-config or a module system; Debian 12 is the convenience.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(PNG REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(TOMLPP REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(YAMLCPP REQUIRED IMPORTED_TARGET yaml-cpp)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)
pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavcodec libavformat libavfilter libswscale libavutil)

# Debian ships OpenCV's libraries one by one without a CMake package for the subset.
find_path(PIA_OPENCV_INCLUDE opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(part core imgproc imgcodecs)
  find_library(PIA_OPENCV_${part} opencv_${part} REQUIRED)
endforeach()
add_library(pia_opencv INTERFACE)
target_include_directories(pia_opencv SYSTEM INTERFACE ${PIA_OPENCV_INCLUDE})
target_link_libraries(pia_opencv INTERFACE ${PIA_OPENCV_core} ${PIA_OPENCV_imgproc})
add_library(pia_opencv_codecs INTERFACE)
target_link_libraries(pia_opencv_codecs INTERFACE pia_opencv ${PIA_OPENCV_imgcodecs})

# The CLIP vocabulary (openai/CLIP, MIT) is embedded into the program at build time.
set(PIA_CLIP_VOCABULARY "$ENV{PIA_CLIP_VOCABULARY}" CACHE FILEPATH "bpe_simple_vocab_16e6.txt.gz of openai/CLIP")
if(NOT EXISTS "${PIA_CLIP_VOCABULARY}")
  unset(PIA_CLIP_VOCABULARY CACHE) # else a later call with the variable set would still fail
  message(FATAL_ERROR "PIA_CLIP_VOCABULARY must name bpe_simple_vocab_16e6.txt.gz (openai/CLIP); ./pia-farm setup fetches it")
endif()
file(SHA256 "${PIA_CLIP_VOCABULARY}" pia_vocabulary_digest)
if(NOT pia_vocabulary_digest STREQUAL 924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a)
  message(FATAL_ERROR "${PIA_CLIP_VOCABULARY} is not the CLIP vocabulary: its SHA-256 is ${pia_vocabulary_digest}")
endif()
