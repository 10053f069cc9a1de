// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settingsdialog.h"

#include "widgets/letters.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>

namespace helmscope {

namespace {

QString nameOfLanguage(const QString &code)
{
    for (const Language &language : availableLanguages())
        if (language.code == code)
            return language.name;
    return code;
}

} // namespace

SettingsDialog::SettingsDialog(const Preferences &preferences, QWidget *parent)
    : QDialog(parent)
    , m_now(preferences)
{
    setObjectName("settings");
    setAttribute(Qt::WA_DeleteOnClose);
    setModal(false);
    setWindowTitle(tr("Settings"));
    auto *page = new QWidget;
    m_grid = new QGridLayout(page);
    m_grid->setColumnStretch(1, 1);
    m_grid->setHorizontalSpacing(12);

    addHeading(tr("Look"));
    std::vector<std::pair<QString, QString>> themes, languages;
    for (const QString &key : themeKeys())
        themes.emplace_back(key, themeName(key));
    addChoice(
        "theme", tr("&Theme"), themes,
        tr("Dim red keeps eyes used to the dark, with red images too. Plots and dialogs follow."),
        &Preferences::theme);
    addFontSize();

    addHeading(tr("Language"));
    languages.emplace_back(QString(),
                           tr("as the system: %1").arg(nameOfLanguage(languageFor(QString()))));
    for (const Language &language : availableLanguages())
        languages.emplace_back(language.code, language.name);
    addChoice("language", tr("&Language"), languages,
              tr("The window is made anew in it, with what is open; other windows of Helmscope "
                 "close. While a run is going on this waits for its end."),
              &Preferences::language);
    addNumbers();

    addHeading(tr("Sample"));
    addAmount("doseLimit", tr("Limit of the &dose"), QStringLiteral("e⁻/Å²"), tr("none"), 1e12, 0,
              tr("Pixels that one point more would bring over this are forbidden. The panel Dose "
                 "shows and changes the same number."),
              &Preferences::doseLimit);
    addAmount("probe", tr("Diameter of the &probe"), QStringLiteral("nm"), tr("within a pixel"),
              1000, 2,
              tr("Full width at half maximum on the sample: one that is wider than a pixel spreads "
                 "its dose over the neighbours."),
              &Preferences::probeNm);

    addHeading(tr("Recordings"));
    addFolder();
    addPerson();
    m_grid->setRowStretch(m_grid->rowCount(), 1);

    auto *scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(page);
    m_notice = new QLabel;
    m_notice->setObjectName("settingsNotice");
    m_notice->setWordWrap(true);
    m_notice->hide();
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
    m_resetAll = buttons->addButton(tr("&Reset all"), QDialogButtonBox::ResetRole);
    m_resetAll->setObjectName("resetAll");
    m_resetAll->setToolTip(tr("Everything here as it was in the beginning."));
    connect(m_resetAll, &QPushButton::clicked, this, [this] { take(Preferences()); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *column = new QVBoxLayout(this);
    column->addWidget(scroll, 1);
    column->addWidget(m_notice);
    column->addWidget(buttons);
    fillIn(m_now);
    // All of it where the screen is high enough.
    const QSize wanted = page->sizeHint() + QSize(40, 80);
    resize(wanted.expandedTo({520, 0}).boundedTo(screen()->availableSize() * 9 / 10));
}

void SettingsDialog::addHeading(const QString &text)
{
    auto *heading = new QLabel(text);
    setTextSize(heading, TextSize::Title);
    m_grid->addWidget(heading, m_grid->rowCount(), 0, 1, 3);
}

template <class Value>
void SettingsDialog::addRow(const QString &label, QWidget *field, const QString &help,
                            const QString &usual, Value Preferences::*value)
{
    const int row = m_grid->rowCount();
    auto *caption = new QLabel(label);
    caption->setBuddy(field->focusProxy() ? field->focusProxy() : field);
    const QString name = QString(label).remove('&');
    if (field->accessibleName().isEmpty())
        field->setAccessibleName(name);
    field->setWhatsThis(help);
    field->setAccessibleDescription(help);
    auto *back = new QToolButton;
    back->setObjectName(field->objectName() + QStringLiteral("Reset"));
    back->setIcon(icon("reset"));
    back->setAutoRaise(true);
    // Named: lupdate takes the template's parameter for the class.
    back->setToolTip(SettingsDialog::tr("Back to the default: %1").arg(usual));
    back->setAccessibleName(SettingsDialog::tr("%1: back to the default, %2").arg(name, usual));
    m_grid->addWidget(caption, row, 0);
    m_grid->addWidget(field, row, 1);
    m_grid->addWidget(back, row, 2);
    auto *words =
        new QLabel(help + QLatin1Char(' ') + SettingsDialog::tr("Default: %1.").arg(usual));
    words->setObjectName("quiet");
    setTextSize(words, TextSize::Small);
    words->setWordWrap(true);
    m_grid->addWidget(words, row + 1, 1, 1, 2);
    m_rows.push_back(
        {[value](const Preferences &now) { return now.*value == Preferences().*value; },
         [value](Preferences &now) { now.*value = Preferences().*value; }, back});
    connect(back, &QToolButton::clicked, this, [this, at = m_rows.size() - 1] {
        Preferences wished = m_now;
        m_rows[at].reset(wished);
        take(wished);
    });
}

QComboBox *SettingsDialog::addChoice(const QString &name, const QString &label,
                                     const std::vector<std::pair<QString, QString>> &choices,
                                     const QString &help, QString Preferences::*field)
{
    auto *box = new QComboBox;
    box->setObjectName(name);
    QString usual;
    for (const auto &[key, text] : choices) {
        box->addItem(text, key);
        if (key == Preferences().*field)
            usual = text;
    }
    addRow(label, box, help, usual, field);
    m_fill.push_back([box, field](const Preferences &now) {
        box->setCurrentIndex(std::max(0, box->findData(now.*field)));
    });
    connect(box, &QComboBox::currentIndexChanged, this, [this, box, field] {
        Preferences wished = m_now;
        wished.*field = box->currentData().toString();
        take(wished);
    });
    return box;
}

void SettingsDialog::addNumbers()
{
    auto *box = new QComboBox;
    box->setObjectName("numbers");
    box->addItem(tr("as the system"), int(Numbers::System));
    box->addItem(tr("as the language"), int(Numbers::Language));
    box->addItem(tr("with a point: 0.35"), int(Numbers::Point));
    addRow(tr("&Numbers"), box,
           tr("How windows write them. Files, commands and the scalarizer's words always have a "
              "point."),
           box->itemText(0), &Preferences::numbers);
    m_fill.push_back(
        [box](const Preferences &now) { box->setCurrentIndex(box->findData(int(now.numbers))); });
    connect(box, &QComboBox::currentIndexChanged, this, [this, box] {
        Preferences wished = m_now;
        wished.numbers = Numbers(box->currentData().toInt());
        take(wished);
    });
}

void SettingsDialog::addFontSize()
{
    auto *box = new QSpinBox;
    box->setObjectName("fontPercent");
    box->setRange(Preferences::leastFontPercent, Preferences::mostFontPercent);
    box->setSingleStep(10);
    box->setSuffix(QStringLiteral(" %"));
    box->setKeyboardTracking(false);
    addRow(tr("Size of the &font"), box, tr("Of the system's, 80 to 200 %, also in plots."),
           QStringLiteral("100 %"), &Preferences::fontPercent);
    m_fill.push_back([box](const Preferences &now) { box->setValue(now.fontPercent); });
    connect(box, &QSpinBox::valueChanged, this, [this](int percent) {
        Preferences wished = m_now;
        wished.fontPercent = percent;
        take(wished);
    });
}

QDoubleSpinBox *SettingsDialog::addAmount(const QString &name, const QString &label,
                                          const QString &unit, const QString &none, double most,
                                          int decimals, const QString &help,
                                          double Preferences::*field)
{
    auto *box = new QDoubleSpinBox;
    box->setObjectName(name);
    box->setRange(0, most);
    box->setDecimals(decimals);
    box->setSuffix(QLatin1Char(' ') + unit);
    box->setSpecialValueText(none);
    box->setKeyboardTracking(false);
    addRow(label, box, help, none, field);
    m_fill.push_back([box, field](const Preferences &now) { box->setValue(now.*field); });
    connect(box, &QDoubleSpinBox::valueChanged, this, [this, field](double value) {
        Preferences wished = m_now;
        wished.*field = value;
        take(wished);
    });
    return box;
}

void SettingsDialog::addFolder()
{
    m_folder = new QLineEdit;
    m_folder->setObjectName("recordings");
    m_folder->setReadOnly(true);
    auto *choose = new QPushButton(tr("C&hoose…"));
    choose->setToolTip(tr("Another folder for recordings."));
    connect(choose, &QPushButton::clicked, this, &SettingsDialog::chooseFolder);
    auto *field = new QWidget;
    auto *row = new QHBoxLayout(field);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_folder, 1);
    row->addWidget(choose);
    field->setFocusProxy(choose);
    field->setObjectName("recordingsRow");
    m_folder->setAccessibleName(tr("Folder for recordings"));
    const QString help = tr("The workspace of runs that begin while none is open. It is made with "
                            "the first of them.");
    m_folder->setToolTip(help);
    m_folder->setWhatsThis(help);
    addRow(tr("F&older"), field, help, QDir::toNativeSeparators(Preferences::usualRecordings()),
           &Preferences::recordings);
    m_fill.push_back([this](const Preferences &now) {
        m_folder->setText(QDir::toNativeSeparators(now.recordingsFolder()));
    });
}

void SettingsDialog::addPerson()
{
    auto *person = new QPushButton(tr("&Who signs versions…"));
    person->setObjectName("person");
    const QString help = tr("Name and e-mail that git writes into the versions of the workspace "
                            "that is open.");
    person->setToolTip(help);
    person->setWhatsThis(help);
    connect(person, &QPushButton::clicked, this, &SettingsDialog::personWished);
    m_grid->addWidget(person, m_grid->rowCount(), 1, 1, 2, Qt::AlignLeft);
}

void SettingsDialog::chooseFolder()
{
    auto *dialog = new QFileDialog(this, tr("A folder for recordings"), m_now.recordingsFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &folder) {
        Preferences wished = m_now;
        wished.recordings =
            QDir(folder) == QDir(Preferences::usualRecordings()) ? QString() : folder;
        take(wished);
    });
    dialog->show();
}

void SettingsDialog::setNotice(const QString &sentence)
{
    m_notice->setText(sentence);
    m_notice->setVisible(!sentence.isEmpty());
}

void SettingsDialog::setPreferences(const Preferences &preferences)
{
    fillIn(preferences);
}

void SettingsDialog::take(const Preferences &wished)
{
    if (wished == m_now)
        return;
    fillIn(wished);
    emit changed(wished);
}

void SettingsDialog::fillIn(const Preferences &preferences)
{
    m_now = preferences;
    for (QObject *field : findChildren<QObject *>())
        if (qobject_cast<QComboBox *>(field) || qobject_cast<QAbstractSpinBox *>(field))
            field->blockSignals(true);
    for (const auto &fill : m_fill)
        fill(m_now);
    for (QObject *field : findChildren<QObject *>())
        if (qobject_cast<QComboBox *>(field) || qobject_cast<QAbstractSpinBox *>(field))
            field->blockSignals(false);
    for (const Row &row : m_rows)
        row.back->setEnabled(!row.isUsual(m_now));
    m_resetAll->setEnabled(!(m_now == Preferences()));
}

} // namespace helmscope
