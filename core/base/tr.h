// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <QCoreApplication>
#include <QString>

namespace helmscope {

/// Translation for core's free functions: Tr::tr("...").
struct Tr
{
    Q_DECLARE_TR_FUNCTIONS(helmscope::Tr)
};

/// Throws an Error with this sentence.
[[noreturn]] inline void fail(const QString &sentence)
{
    throw Error(sentence.toStdString());
}

} // namespace helmscope
