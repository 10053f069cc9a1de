// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "history/version.h"

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;

namespace helmscope {

/// Asks who signs the versions, where git does not know. Not modal: the run goes on.
class PersonDialog final : public QDialog
{
    Q_OBJECT
public:
    explicit PersonDialog(QWidget *parent = nullptr);
    /// Who is known so far, to be changed; an empty one: nobody.
    void setPerson(const Person &person);

signals:
    void named(const helmscope::Person &person);

private:
    void check();
    Person person() const;

    QLabel *m_intro = nullptr;
    QLineEdit *m_name = nullptr, *m_email = nullptr;
    QPushButton *m_keep = nullptr;
};

} // namespace helmscope
