#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Tests the plugtls program: run.py PLUGTLS MODULE [unittest arguments]."""
import sys
import unittest

sys.dont_write_bytecode = True
from test_cli import CliTest  # noqa: E402

CliTest.use(sys.argv[1])
unittest.main(module=sys.argv[2], argv=sys.argv[1:2] + sys.argv[3:])
