# SPDX-License-Identifier: Apache-2.0
# The libraries that an installed prefix carries along, so that it can be moved: LibTorch and whatever else of the
# programs' needs does not come from the system's folders. They are found when `cmake --install` runs.
set(not_carried [[^/(usr/)?lib(32|64|x32)?/]])
if(PIA_CUDA)
  # The toolkit of a GPU machine is part of its system; cuDNN and others load parts of it by name.
  get_filename_component(toolkit ${CUDAToolkit_LIBRARY_DIR} REALPATH)
  list(APPEND not_carried "^${CUDAToolkit_LIBRARY_DIR}/" "^${toolkit}/")
endif()
install(RUNTIME_DEPENDENCY_SET pia_libraries
  # The driver's come with a GPU. OpenMP's: below.
  PRE_EXCLUDE_REGEXES [[^libcuda\.so]] [[^libnvidia-ml\.so]] [[^libgomp\.so]]
  POST_EXCLUDE_REGEXES ${not_carried}
  DIRECTORIES ${pia_torch_rpath}
  LIBRARY DESTINATION ${PIA_LIBRARY_FOLDER})

# LibTorch brings its own OpenMP under the system's name, which some other library may want too. One must do for both.
if(PIA_WITH_TORCH)
  file(GLOB openmp ${PIA_LIBTORCH}/lib/libgomp*.so*)
  install(FILES ${openmp} DESTINATION ${PIA_LIBRARY_FOLDER})
endif()
