# SPDX-License-Identifier: BSL-1.0
# Go, Rust, Java, JavaScript: programs of whose building CMake knows nothing.
set(EDDY_BENCH_CRATES
    /usr/share/cargo/registry
    CACHE PATH "Crates with their sources, for the Tokio peer: where Debian's librust-*-dev have them"
)
set(EDDY_BENCH_JARS /usr/share/java CACHE PATH "Jars, for the Netty peer: where Debian's libnetty-java has them")
set(bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
set(here ${CMAKE_CURRENT_SOURCE_DIR})
set(there ${CMAKE_CURRENT_BINARY_DIR})

find_program(EDDY_GO go)
present(Go golang-go EDDY_GO)
if(present)
    add_custom_command(
        OUTPUT ${bin}/bench_go_echo
        COMMAND
            ${CMAKE_COMMAND} -E env GOCACHE=${there}/go GO111MODULE=off ${EDDY_GO} build -o ${bin}/bench_go_echo
            ${here}/echo.go
        DEPENDS ${here}/echo.go
        VERBATIM
    )
    add_custom_target(bench_go_echo ALL DEPENDS ${bin}/bench_go_echo)
endif()

# The crates come from the folder, never from the network.
find_program(EDDY_CARGO cargo)
file(GLOB tokio ${EDDY_BENCH_CRATES}/tokio-1.*)
present(Tokio "cargo, librust-tokio-dev" EDDY_CARGO AND tokio)
if(present)
    configure_file(tokio/Cargo.toml.in ${there}/tokio/Cargo.toml @ONLY)
    add_custom_command(
        OUTPUT ${bin}/bench_tokio_echo
        COMMAND
            ${EDDY_CARGO} build --quiet --release --offline --manifest-path ${there}/tokio/Cargo.toml --target-dir
            ${there}/tokio --config source.crates-io.replace-with="here" --config
            source.here.directory="${EDDY_BENCH_CRATES}"
        COMMAND ${CMAKE_COMMAND} -E copy ${there}/tokio/release/bench_tokio_echo ${bin}
        DEPENDS ${here}/tokio/main.rs ${there}/tokio/Cargo.toml
        VERBATIM
    )
    add_custom_target(bench_tokio_echo ALL DEPENDS ${bin}/bench_tokio_echo)
endif()

find_program(EDDY_JAVA java)
find_program(EDDY_JAVAC javac)
set(class_path ${EDDY_BENCH_JARS}/netty-buffer.jar)
foreach(part common resolver transport)
    string(APPEND class_path ":${EDDY_BENCH_JARS}/netty-${part}.jar")
endforeach()
present(
    Netty
    "openjdk-17-jdk-headless, libnetty-java"
    EDDY_JAVA
    AND
    EDDY_JAVAC
    AND
    EXISTS
    ${EDDY_BENCH_JARS}/netty-transport.jar
)
if(present)
    add_custom_command(
        OUTPUT ${there}/netty/Echo.class
        COMMAND ${EDDY_JAVAC} -cp ${class_path} -d ${there}/netty ${here}/netty/Echo.java
        DEPENDS ${here}/netty/Echo.java
        VERBATIM
    )
    add_custom_target(bench_netty_echo ALL DEPENDS ${there}/netty/Echo.class)
    configure_file(netty/bench_netty_echo.in ${bin}/bench_netty_echo @ONLY USE_SOURCE_PERMISSIONS)
endif()

find_program(EDDY_NODE node)
present(Node nodejs EDDY_NODE)
