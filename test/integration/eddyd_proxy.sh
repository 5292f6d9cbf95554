#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Debian's own interpreter: another python3 may come first on PATH. The standard library is enough.
python=/usr/bin/python3
[ -x "$python" ] || { echo "skipped: there is no $python"; exit 77; }
exec "$python" -B "$(dirname "$0")/eddyd_proxy.py"
