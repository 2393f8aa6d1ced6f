# SPDX-License-Identifier: Apache-2.0
# LibTorch imported by hand: the wheel's TorchConfig.cmake demands a CUDA toolkit and overrides the architectures.
set(PIA_LIBTORCH "$ENV{PIA_LIBTORCH}" CACHE PATH "folder with LibTorch's lib/ and include/ (an installed torch will do)")
set(PIA_CUDA_RUNTIME "$ENV{PIA_CUDA_RUNTIME}" CACHE PATH "folder whose lib/ holds libcudart, libcupti (and cuda extras)")
if(NOT EXISTS "${PIA_LIBTORCH}/lib/libtorch_cpu.so")
  unset(PIA_LIBTORCH CACHE)
  message(FATAL_ERROR "PIA_LIBTORCH must name a folder with lib/libtorch_cpu.so; ./pia-farm setup fetches it")
endif()

# The wheel's libtorch_cpu.so needs the CUDA runtime and CUPTI even where there is no GPU.
set(pia_torch_rpath "${PIA_LIBTORCH}/lib")
if(EXISTS "${PIA_CUDA_RUNTIME}/lib")
  list(APPEND pia_torch_rpath "${PIA_CUDA_RUNTIME}/lib")
endif()
find_package(CUDAToolkit 13 QUIET)
if(CUDAToolkit_FOUND)
  list(APPEND pia_torch_rpath "${CUDAToolkit_LIBRARY_DIR}")
endif()

add_library(pia_torch INTERFACE)
target_include_directories(pia_torch SYSTEM INTERFACE
  ${PIA_LIBTORCH}/include ${PIA_LIBTORCH}/include/torch/csrc/api/include)
target_link_libraries(pia_torch INTERFACE
  ${PIA_LIBTORCH}/lib/libtorch_cpu.so ${PIA_LIBTORCH}/lib/libc10.so)
# RPATH, not RUNPATH: it must reach the libraries behind LibTorch too.
target_link_options(pia_torch INTERFACE -Wl,--no-as-needed -Wl,--disable-new-dtags)
set(CMAKE_BUILD_RPATH ${pia_torch_rpath})
foreach(folder IN LISTS pia_torch_rpath)
  target_link_options(pia_torch INTERFACE -Wl,-rpath-link,${folder})
endforeach()
if(PIA_CUDA)
  if(NOT CUDAToolkit_FOUND)
    message(FATAL_ERROR "PIA_CUDA=ON needs a CUDA 13 toolkit (nvcc on PATH)")
  endif()
  target_link_libraries(pia_torch INTERFACE
    ${PIA_LIBTORCH}/lib/libtorch_cuda.so ${PIA_LIBTORCH}/lib/libc10_cuda.so CUDA::cudart)

  # By which several GPUs train together; where it is not, one can.
  find_path(PIA_NCCL_INCLUDE nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(PIA_NCCL nccl HINTS ${CUDAToolkit_LIBRARY_DIR})
  if(PIA_NCCL AND PIA_NCCL_INCLUDE)
    add_library(pia_nccl INTERFACE)
    target_include_directories(pia_nccl SYSTEM INTERFACE ${PIA_NCCL_INCLUDE})
    target_link_libraries(pia_nccl INTERFACE ${PIA_NCCL})
  endif()
endif()
