# SPDX-License-Identifier: BSL-1.0
# eddy_options: what every target of this tree is compiled with. Linked privately, so none of it
# reaches a user's own code.

add_library(eddy_options INTERFACE)
target_compile_features(eddy_options INTERFACE cxx_std_20)

# Warnings are for those who work on Eddy, not for those who build it inside their own project.
if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(
        eddy_options
        INTERFACE
            -Wall
            -Wextra
            -Wpedantic
            -Wcast-align
            -Wcast-qual
            -Wconversion
            -Wsign-conversion
            -Wextra-semi
            -Wformat=2
            -Wimplicit-fallthrough
            -Wshadow
            -Wundef
            -Wvla
            $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast>
            $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
            $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-branches>
            $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond>
    )
endif()
if(EDDY_WERROR)
    target_compile_options(eddy_options INTERFACE -Werror)
endif()

if(EDDY_SANITIZE)
    if(NOT "${EDDY_SANITIZE}" MATCHES "^(address|undefined|address;undefined|thread)$")
        message(FATAL_ERROR "EDDY_SANITIZE=${EDDY_SANITIZE}: use address;undefined or thread")
    endif()
    list(JOIN EDDY_SANITIZE "," sanitizers)
    set(sanitize_flags -fsanitize=${sanitizers} -fno-omit-frame-pointer)
    if("undefined" IN_LIST EDDY_SANITIZE)
        # A finding that only prints would leave the test green.
        list(APPEND sanitize_flags -fno-sanitize-recover=undefined)
    endif()
    target_compile_options(eddy_options INTERFACE ${sanitize_flags})
    target_link_options(eddy_options INTERFACE ${sanitize_flags})
    if("thread" IN_LIST EDDY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # g++ cannot model the fences that Asio uses and says so as a warning.
        target_compile_options(eddy_options INTERFACE -Wno-tsan)
        target_compile_definitions(eddy_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
    endif()
endif()

if(EDDY_COVERAGE)
    # g++'s gcov miscounts coroutine bodies; clang's source-based coverage is exact there.
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "EDDY_COVERAGE needs clang (preset coverage)")
    endif()
    target_compile_options(eddy_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
    target_link_options(eddy_options INTERFACE -fprofile-instr-generate)
endif()

if(EDDY_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "EDDY_FUZZ needs clang (preset fuzz)")
    endif()
    target_compile_options(eddy_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
