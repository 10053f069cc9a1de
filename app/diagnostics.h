// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QString>

class QPlainTextEdit;

namespace helmscope {

class Helm;
class Holds;

/// What a report of a bug needs, as plain text: versions, machine, screens, threads, and how long
/// the window's thread was held. Names no file and no person.
QString diagnosticsText();
/// "312 holds, median 2.1 ms, 99 % under 8.0 ms, longest 21 ms; 1 over 16 ms, 0 over 50 ms".
QString holdsText(const Holds &holds);

/// Lets the application's watch, where there is one, count the holds of this helm's runs apart, and
/// tell what was going on.
void watchRuns(Helm *helm);

/// The text in a window that blocks nothing, to be copied. Deletes itself.
class DiagnosticsDialog final : public QDialog
{
    Q_OBJECT
public:
    explicit DiagnosticsDialog(QWidget *parent = nullptr);

private:
    void renew();

    QPlainTextEdit *m_text = nullptr;
};

} // namespace helmscope
