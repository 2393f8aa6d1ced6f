# SPDX-License-Identifier: Apache-2.0
find_program(PIA_CCACHE ccache)
if(PIA_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PIA_CCACHE})
endif()

# Warnings are errors in our own code; third-party headers are SYSTEM. Designated initializers leave fields to their
# defaults on purpose. g++ 12's -Wrestrict is wrong about
# std::string's operator+ (GCC bug 105651), and its -Wmaybe-uninitialized about a std::variant that is moved (105562).
function(pia_warnings target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-restrict -Wno-maybe-uninitialized -Wno-missing-field-initializers -Werror>)
endfunction()

# Splits headers into those that a source of the same name includes first, as it was when this was configured, which shows
# that they compile alone; and others.
function(pia_split_headers headers sources)
  set(others ${headers})
  set(shown "")
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "hpp$" "cpp" source ${header})
    if(NOT source IN_LIST sources)
      continue()
    endif()
    file(STRINGS ${source} first LIMIT_COUNT 1 REGEX "^#include")
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${header})
    if(first STREQUAL "#include \"${path}\"")
      list(REMOVE_ITEM others ${header})
      list(APPEND shown ${header})
    endif()
  endforeach()
  set(others ${others} PARENT_SCOPE)
  set(shown ${shown} PARENT_SCOPE)
endfunction()

# pia_module(<name> PUBLIC <headers> SOURCES <files> USES <pia modules> NEEDS <third-party targets> PRECOMPILES <headers>)
# NEEDS is private: a third-party type cannot reach another module through a public header.
function(pia_module name)
  cmake_parse_arguments(m "" "" "PUBLIC;SOURCES;USES;NEEDS;PRECOMPILES" ${ARGN})
  add_library(pia_${name} STATIC)
  add_library(pia::${name} ALIAS pia_${name})
  pia_split_headers("${m_PUBLIC}" "${m_SOURCES}")
  if(m_PRECOMPILES)
    # What a source includes first shows nothing after these.
    list(APPEND others ${shown})
    set(shown "")
    target_precompile_headers(pia_${name} PRIVATE ${m_PRECOMPILES})
  endif()
  target_sources(pia_${name}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${others}
    PUBLIC FILE_SET shown_alone TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${shown}
    PRIVATE ${m_SOURCES})
  set_target_properties(pia_${name} PROPERTIES INTERFACE_HEADER_SETS_TO_VERIFY HEADERS)
  target_include_directories(pia_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  list(TRANSFORM m_USES PREPEND pia::)
  target_link_libraries(pia_${name} PUBLIC ${m_USES} PRIVATE ${m_NEEDS})
  set_target_properties(pia_${name} PROPERTIES LINKER_LANGUAGE CXX)
  pia_warnings(pia_${name})
endfunction()

# pia_install(<program>...): into bin/ of a prefix that can be moved, with the libraries of InstalledLibraries.cmake.
set(PIA_LIBRARY_FOLDER ${CMAKE_INSTALL_LIBDIR}/pia-farm)
file(RELATIVE_PATH PIA_LIBRARIES_FROM_PROGRAMS ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR}/pia-farm)
function(pia_install)
  set(rpath "$ORIGIN/${PIA_LIBRARIES_FROM_PROGRAMS}")
  if(PIA_CUDA)
    list(APPEND rpath ${CUDAToolkit_LIBRARY_DIR})
  endif()
  set_target_properties(${ARGN} PROPERTIES INSTALL_RPATH "${rpath}")
  install(TARGETS ${ARGN} RUNTIME_DEPENDENCY_SET pia_libraries RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# pia_opened(<name> SOURCES <files> USES <pia modules> NEEDS <third-party targets>): lib<name>.so, which programs open by
# that name when they first need it: in a build it is beside them, in a prefix in its library folder. USES names all modules
# that end up in it.
function(pia_opened name)
  cmake_parse_arguments(m "" "" "SOURCES;USES;NEEDS" ${ARGN})
  add_library(${name} MODULE ${m_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  list(TRANSFORM m_USES PREPEND pia_)
  set_target_properties(${m_USES} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${name} PRIVATE ${m_USES} ${m_NEEDS})
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN")
  pia_warnings(${name})
  install(TARGETS ${name} RUNTIME_DEPENDENCY_SET pia_libraries LIBRARY DESTINATION ${PIA_LIBRARY_FOLDER})
endfunction()

# pia_program(<name> SOURCES <files> USES <pia modules> NEEDS <third-party targets>)
function(pia_program name)
  cmake_parse_arguments(m "" "" "SOURCES;USES;NEEDS" ${ARGN})
  add_executable(${name} ${m_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  list(TRANSFORM m_USES PREPEND pia::)
  target_link_libraries(${name} PRIVATE ${m_USES} ${m_NEEDS})
  pia_warnings(${name})
endfunction()
