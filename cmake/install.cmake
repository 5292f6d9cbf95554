# SPDX-License-Identifier: BSL-1.0
# The installed package: libraries, headers, eddyConfig.cmake, eddy.pc, programs, the systemd unit and
# the daemon's configuration. The unit has no need of sysusers.d and tmpfiles.d: DynamicUser= and
# RuntimeDirectory= do what they would.
include(CMakePackageConfigHelpers)

if(NOT TARGET eddy)
    return()
endif()

set(exported eddy eddy_asio)
if(TARGET eddy_testing)
    list(APPEND exported eddy_testing)
endif()
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/eddy)

install(
    TARGETS ${exported}
    EXPORT eddyTargets
    LIBRARY COMPONENT libraries NAMELINK_COMPONENT development
    ARCHIVE COMPONENT development
    FILE_SET HEADERS COMPONENT development
)
install(EXPORT eddyTargets NAMESPACE eddy:: DESTINATION ${config_dir} COMPONENT development)

set(needs_liburing OFF)
if(EDDY_HAS_URING AND NOT BUILD_SHARED_LIBS)
    set(needs_liburing ON)
endif()
configure_package_config_file(
    cmake/eddyConfig.cmake.in ${PROJECT_BINARY_DIR}/eddyConfig.cmake INSTALL_DESTINATION ${config_dir}
)
# A new 0.x minor may break sources, so it does not satisfy a request for the last one.
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/eddyConfigVersion.cmake COMPATIBILITY SameMinorVersion
)
install(
    FILES ${PROJECT_BINARY_DIR}/eddyConfig.cmake ${PROJECT_BINARY_DIR}/eddyConfigVersion.cmake
    DESTINATION ${config_dir}
    COMPONENT development
)

# eddy.pc finds its prefix from its own place, so that an install tree can be moved.
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(pc_cflags "-I\${includedir}")
get_target_property(boost_include Boost::headers INTERFACE_INCLUDE_DIRECTORIES)
foreach(dir IN LISTS boost_include)
    if(NOT dir IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        string(APPEND pc_cflags " -I${dir}")
    endif()
endforeach()
# As the targets say it: docs/guide/compilers.md.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    string(APPEND pc_cflags " -fno-tree-slp-vectorize")
endif()
set(pc_libs "-L\${libdir} -leddy")
set(pc_needed "-pthread")
get_target_property(linked eddy LINK_LIBRARIES)
if("resolv" IN_LIST linked)
    string(APPEND pc_needed " -lresolv")
endif()
if(BUILD_SHARED_LIBS)
    set(pc_libs_private ${pc_needed})
else()
    # The archive is all there is: what it needs is needed by everybody, with or without --static.
    string(APPEND pc_cflags " -DEDDY_STATIC")
    string(APPEND pc_libs " ${pc_needed}")
    set(pc_libs_private "")
    if(needs_liburing)
        string(APPEND pc_libs " -luring")
        install(FILES cmake/Findliburing.cmake DESTINATION ${config_dir} COMPONENT development)
    endif()
endif()
configure_file(cmake/eddy.pc.in ${PROJECT_BINARY_DIR}/eddy.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/eddy.pc DESTINATION ${pc_dir} COMPONENT development)

get_property(programs GLOBAL PROPERTY EDDY_PROGRAMS)
if(programs)
    install(TARGETS ${programs} RUNTIME COMPONENT programs)
endif()
if(TARGET eddyd_program AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    configure_file(cmake/install_daemon.cmake.in ${PROJECT_BINARY_DIR}/install_daemon.cmake @ONLY)
    install(SCRIPT ${PROJECT_BINARY_DIR}/install_daemon.cmake COMPONENT programs)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)

if(PROJECT_IS_TOP_LEVEL)
    include(cmake/cpack.cmake)
endif()
