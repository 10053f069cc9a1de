// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/foreigndialog.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

namespace helmscope {

ForeignDialog::ForeignDialog(const std::vector<NamedRun> &runs, const QString &file,
                             QWidget *parent)
    : QDialog(parent)
    , m_runs(runs)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Open: which method?"));
    auto *column = new QVBoxLayout(this);
    auto *intro = new QLabel(tr("%1 holds runs that another program recorded, one for each method. "
                                "Their paths and values can be shown; no maps came with them.")
                                 .arg(QFileInfo(file).fileName()));
    intro->setWordWrap(true);
    intro->setMinimumWidth(fontMetrics().averageCharWidth() * 56);
    column->addWidget(intro);
    m_list = new QListWidget;
    m_list->setObjectName("methods");
    m_list->setAccessibleName(tr("Methods"));
    for (const NamedRun &run : m_runs)
        m_list->addItem(tr("%1 (%2 steps)").arg(run.name).arg(run.run->steps.size()));
    m_list->setCurrentRow(0);
    column->addWidget(m_list);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Open | QDialogButtonBox::Cancel);
    QPushButton *compare = buttons->addButton(tr("Compare them all"), QDialogButtonBox::ActionRole);
    compare->setObjectName("compareAll");
    compare->setAutoDefault(false);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    const auto open = [this] {
        if (const int row = m_list->currentRow(); row >= 0)
            emit chosen(m_runs[std::size_t(row)]);
        accept();
    };
    connect(buttons, &QDialogButtonBox::accepted, this, open);
    connect(m_list, &QListWidget::itemActivated, this, open);
    connect(compare, &QPushButton::clicked, this, [this] {
        emit compareWished();
        accept();
    });
}

} // namespace helmscope
