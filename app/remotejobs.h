// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace helmscope {

/// A pipeline document on disk, as long as the program runs; its path. Throws Error.
QString documentFile(const QByteArray &json, const QString &name);

} // namespace helmscope
