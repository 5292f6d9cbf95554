# SPDX-License-Identifier: BSL-1.0
"""What bench/run, bench/syscalls, bench/table and bench/chart share."""
