// SPDX-License-Identifier: BSL-1.0
// What a program includes that uses one backend; it is preprocessed only, and its lines are counted.
#include <plugtls/backend.hpp>
#include <plugtls/engine.hpp>
#include <plugtls/settings.hpp>
#include <plugtls/stream.hpp>
