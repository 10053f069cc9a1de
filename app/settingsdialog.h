// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/preferences.h"

#include <QDialog>

#include <functional>
#include <vector>

class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace helmscope {

/// What the user can set, each with a sentence, its default and a way back to it. A change holds at
/// once; there is nothing to confirm. Not modal: ABORT stays within reach.
class SettingsDialog final : public QDialog
{
    Q_OBJECT
public:
    explicit SettingsDialog(const Preferences &preferences, QWidget *parent = nullptr);

    const Preferences &preferences() const { return m_now; }
    /// Shows them without saying changed(): they were changed elsewhere.
    void setPreferences(const Preferences &preferences);
    /// What has to wait until a run has ended; empty: nothing does.
    void setNotice(const QString &sentence);

signals:
    void changed(const helmscope::Preferences &preferences);
    void personWished(); ///< who signs versions is to be asked

private:
    /// One thing that can be set: whether it is as by default, and how to make it so.
    struct Row
    {
        std::function<bool(const Preferences &)> isUsual;
        std::function<void(Preferences &)> reset;
        QToolButton *back;
    };
    void addHeading(const QString &text);
    QComboBox *addChoice(const QString &name, const QString &label,
                         const std::vector<std::pair<QString, QString>> &choices,
                         const QString &help, QString Preferences::*field);
    void addNumbers();
    void addFontSize();
    QDoubleSpinBox *addAmount(const QString &name, const QString &label, const QString &unit,
                              const QString &none, double most, int decimals, const QString &help,
                              double Preferences::*field);
    void addFolder();
    void addPerson();
    template <class Value>
    void addRow(const QString &label, QWidget *field, const QString &help, const QString &usual,
                Value Preferences::*value);
    void chooseFolder();
    void take(const Preferences &wished);
    void fillIn(const Preferences &preferences);

    Preferences m_now;
    std::vector<Row> m_rows;
    std::vector<std::function<void(const Preferences &)>> m_fill; ///< fields, without signals
    QGridLayout *m_grid = nullptr;
    QLineEdit *m_folder = nullptr;
    QLabel *m_notice = nullptr;
    QPushButton *m_resetAll = nullptr;
};

} // namespace helmscope
