// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace helmscope {

/// What a record says (see base/recorded.h: changes, warnings, reasons, endings, names of values)
/// in the language of the window, numbers as its locale writes them. What is none of these (an
/// instrument's own words, a record of a window that wrote another language, a name that a person
/// gave) stays as it is.
QString inWords(const QString &recorded);
QStringList inWords(const QStringList &recorded);

/// The other way round: a sentence of an instrument, which fails in the language of the window, as
/// it is recorded. What the table does not know stays as it is.
QString inEnglish(const QString &said);

} // namespace helmscope
