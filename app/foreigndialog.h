// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/rerun/comparison.h"

#include <QDialog>

class QListWidget;

namespace helmscope {

/// Which of the methods of somebody else's recording is to be shown.
class ForeignDialog final : public QDialog
{
    Q_OBJECT
public:
    ForeignDialog(const std::vector<NamedRun> &runs, const QString &file,
                  QWidget *parent = nullptr);

signals:
    void chosen(const helmscope::NamedRun &run);
    void compareWished(); ///< all of them, side by side

private:
    std::vector<NamedRun> m_runs;
    QListWidget *m_list = nullptr;
};

} // namespace helmscope
