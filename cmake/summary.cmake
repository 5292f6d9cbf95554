# SPDX-License-Identifier: BSL-1.0
# The table at the end of configure: what will be built, and what is missing for the rest.

# eddy_summary(<label> <text>): adds a line.
function(eddy_summary label text)
    set_property(GLOBAL APPEND PROPERTY EDDY_SUMMARY "${label}|${text}")
endfunction()

function(eddy_print_summary)
    if(BUILD_SHARED_LIBS)
        set(kind shared)
    else()
        set(kind static)
    endif()
    string(REPLACE ";" "," sanitize "${EDDY_SANITIZE}")
    string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
    set(lines
        "eddy ${PROJECT_VERSION}|${kind} library, ${CMAKE_BUILD_TYPE} (${CMAKE_CXX_FLAGS_${type}})"
        "compiler|${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
        "Boost|${Boost_VERSION_STRING}"
        "sanitizers|${sanitize}"
        "warnings as errors|${EDDY_WERROR}"
    )
    foreach(part APPS TESTS EXAMPLES BENCH DOCS)
        string(TOLOWER ${part} label)
        list(APPEND lines "${label}|${EDDY_BUILD_${part}}")
    endforeach()
    get_property(extra GLOBAL PROPERTY EDDY_SUMMARY)
    list(APPEND lines ${extra})

    message(STATUS "")
    foreach(line IN LISTS lines)
        string(REGEX MATCH "^([^|]*)\\|(.*)$" unused "${line}")
        set(label "${CMAKE_MATCH_1}")
        set(text "${CMAKE_MATCH_2}")
        if(text STREQUAL "")
            set(text none)
        endif()
        string(LENGTH "${label}" length)
        math(EXPR padding "20 - ${length}")
        string(REPEAT " " ${padding} spaces)
        message(STATUS "  ${label}${spaces}${text}")
    endforeach()
    message(STATUS "")
endfunction()
