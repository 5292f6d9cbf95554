# SPDX-License-Identifier: BSL-1.0
# Sources are collected by folder, not listed: a folder is a layer, its place in the tree says all
# that a list would, and a new file needs no edit here. CONFIGURE_DEPENDS makes each build look again.

# eddy_glob(<variable> <pattern>...): files below the current folder, sorted.
macro(eddy_glob variable)
    file(GLOB ${variable} CONFIGURE_DEPENDS LIST_DIRECTORIES false ${ARGN})
    list(SORT ${variable})
endmacro()

# eddy_glob_recurse(<variable> <pattern>...): the same with subfolders.
macro(eddy_glob_recurse variable)
    file(GLOB_RECURSE ${variable} CONFIGURE_DEPENDS LIST_DIRECTORIES false ${ARGN})
    list(SORT ${variable})
endmacro()
