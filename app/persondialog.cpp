// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/persondialog.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>

namespace helmscope {

PersonDialog::PersonDialog(QWidget *parent)
    : QDialog(parent)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setModal(false);
    setWindowTitle(tr("Who are you?"));
    auto *form = new QFormLayout(this);
    m_intro = new QLabel(tr("Each version of a run says who made it. Git does not know your "
                            "name here yet: it is kept with this workspace. Runs are recorded "
                            "meanwhile; their versions follow once you have answered."));
    m_intro->setWordWrap(true);
    m_intro->setMinimumWidth(fontMetrics().averageCharWidth() * 60);
    form->addRow(m_intro);
    m_name = new QLineEdit;
    m_name->setObjectName("personName");
    form->addRow(tr("&Name"), m_name);
    m_email = new QLineEdit;
    m_email->setObjectName("personEmail");
    form->addRow(tr("&E-mail"), m_email);
    auto *buttons = new QDialogButtonBox;
    m_keep = buttons->addButton(tr("Keep"), QDialogButtonBox::AcceptRole);
    buttons->addButton(tr("Not now"), QDialogButtonBox::RejectRole);
    form->addRow(buttons);
    for (QLineEdit *field : {m_name, m_email})
        connect(field, &QLineEdit::textChanged, this, &PersonDialog::check);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        emit named(person());
        accept();
    });
    check();
}

void PersonDialog::setPerson(const Person &person)
{
    if (person.name.isEmpty())
        return;
    m_intro->setText(tr("Each version of a run says who made it. Kept with this workspace:"));
    m_name->setText(person.name);
    m_email->setText(person.email);
}

Person PersonDialog::person() const
{
    return {m_name->text().trimmed(), m_email->text().trimmed()};
}

void PersonDialog::check()
{
    static const QRegularExpression refused("[<>\\n\\r]"); // git would not take them
    const Person given = person();
    const bool isGood = !given.name.isEmpty() && !given.email.isEmpty() &&
                        !given.name.contains(refused) && !given.email.contains(refused);
    m_keep->setEnabled(isGood);
    m_keep->setToolTip(isGood ? QString() : tr("A name and an e-mail address, without < and >."));
}

} // namespace helmscope
