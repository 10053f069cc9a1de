// SPDX-License-Identifier: GPL-3.0-or-later
// What a fuzz target and its driver share. A target is one file, fuzz_<subject>.cpp, with a
// fuzzSeeds() and LLVM's entry point; fuzzmain.cpp drives it wherever there is no libFuzzer.
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include <cstddef>
#include <cstdint>

/// Well-formed inputs that the target makes itself; files named on the command line come on top.
QList<QByteArray> fuzzSeeds();

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

/// The input as a file, for readers that want one; the same place for every input. Throws
/// std::runtime_error where it cannot be written.
QString fuzzFile(const std::uint8_t *data, std::size_t size, const char *name);
