// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// A disk that fails: a library that stands between a program and the system's calls that change
/// files (linked, or in LD_PRELOAD). Calls below a folder are counted; at the n-th one it happens.
/// A program that is not told by failingDisk() is told by its environment: FAILINGDISK_FOLDER,
/// FAILINGDISK_AT, FAILINGDISK_HOW (a number).
enum FailingDisk {
    DiskWorks,     ///< only counts
    DiskKills,     ///< does half of the call, and the program is killed
    DiskIsFull,    ///< half of the call, and from then on nothing can be written: ENOSPC
    DiskIsBroken,  ///< likewise with EIO
    DiskIsReadOnly ///< likewise with EROFS, and nothing can be made
};
extern "C" {
void failingDisk(const char *folder, long at, int how);
long failingDiskCalls(); ///< counted so far
}
