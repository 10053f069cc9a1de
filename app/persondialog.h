// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "history/version.h"

#include <QDialog>

class QLineEdit;
class QPushButton;

namespace helmscope {

/// Asks who signs the versions, where git does not know. Not modal: the run goes on.
class PersonDialog final : public QDialog
{
    Q_OBJECT
public:
    explicit PersonDialog(QWidget *parent = nullptr);

signals:
    void named(const helmscope::Person &person);

private:
    void check();
    Person person() const;

    QLineEdit *m_name = nullptr, *m_email = nullptr;
    QPushButton *m_keep = nullptr;
};

} // namespace helmscope
