# SPDX-License-Identifier: BSL-1.0
# liburing::liburing, 2.3 or newer. Installed with the static library, whose users link it too.
find_path(liburing_INCLUDE_DIR liburing.h)
find_library(liburing_LIBRARY uring)
mark_as_advanced(liburing_INCLUDE_DIR liburing_LIBRARY)

# Its headers have no version before 2.4, so what 2.3 brought tells.
set(liburing_is_new_enough FALSE)
if(liburing_INCLUDE_DIR)
    file(STRINGS ${liburing_INCLUDE_DIR}/liburing/io_uring.h liburing_lines REGEX "IORING_SETUP_DEFER_TASKRUN")
    if(liburing_lines)
        set(liburing_is_new_enough TRUE)
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    liburing
    REQUIRED_VARS liburing_LIBRARY liburing_INCLUDE_DIR liburing_is_new_enough
    REASON_FAILURE_MESSAGE "install liburing-dev, 2.3 or newer"
)
if(liburing_FOUND AND NOT TARGET liburing::liburing)
    add_library(liburing::liburing UNKNOWN IMPORTED)
    set_target_properties(
        liburing::liburing
        PROPERTIES IMPORTED_LOCATION ${liburing_LIBRARY}
                   INTERFACE_INCLUDE_DIRECTORIES ${liburing_INCLUDE_DIR}
    )
endif()
