# SPDX-License-Identifier: Apache-2.0
# Below farm/, libraries don't log, print, read the clock or the environment: cmake -DSOURCE=<root> -P silence.cmake
cmake_minimum_required(VERSION 3.25)
set(clock "(steady|system|high_resolution|file|utc)_clock|clock_gettime|gettimeofday|std::time\\(|localtime|gmtime")
set(environment "getenv|setenv|(^|[^a-z_])environ([^a-z_]|$)")
set(voice "std::(cout|cerr|clog)|(^|[^a-z_])(f|v|vf|d)?printf|puts\\(|spdlog|syslog")
foreach(folder jobs dsl scheduler renderer storage slurm)
  file(GLOB_RECURSE files RELATIVE ${SOURCE} ${SOURCE}/${folder}/*.hpp ${SOURCE}/${folder}/*.cpp ${SOURCE}/${folder}/*.cu)
  # A broken invariant says so before it aborts.
  list(REMOVE_ITEM files jobs/core/error.cpp)
  foreach(file IN LISTS files)
    file(STRINGS ${SOURCE}/${file} lines REGEX "${clock}|${environment}|${voice}")
    foreach(line IN LISTS lines)
      if(NOT line MATCHES "^ *//")
        message(SEND_ERROR "${file}: ${line}: not below farm/; take what it gives as an argument")
      endif()
    endforeach()
  endforeach()
endforeach()
