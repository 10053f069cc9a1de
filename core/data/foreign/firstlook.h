// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace helmscope {

/// Lets a process of its own read an HDF5 file before this one does, once for each content (by
/// place, size and time of change). Throws Error when that process dies of it or finds no end:
/// the HDF5 library does not survive every file. Where the program helmscope-filecheck is neither
/// beside this program nor in its libexec folder, nothing is looked at.
void lookFirst(const QString &file);

/// This program has written the content itself: it needs no look.
void trustContent(const QString &file);

/// Whether the program for it is there.
bool canLookFirst();

} // namespace helmscope
