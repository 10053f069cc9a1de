// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/catalogpanel.h"

#include "app/jobs.h"
#include "base/error.h"
#include "data/catalog.h"
#include "data/metadata.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QPixmap>
#include <QPushButton>
#include <QSettings>
#include <QTimer>
#include <QVBoxLayout>

namespace helmscope {

namespace {

constexpr int mostShown = 500;
const QString folderKey = QStringLiteral("catalog/folder");

/// A recording that was found, ready to be shown.
struct Found
{
    Catalog::Entry entry;
    QImage picture;
};

struct Answer
{
    std::vector<Found> found;
    int files = 0;
    QString objection; ///< why the question cannot be answered
};

Answer answerTo(const QString &folder, const QString &store, const QString &query,
                const Progress &progress)
{
    Answer answer;
    const Catalog catalog(folder, store);
    answer.files = catalog.count();
    try {
        for (const Catalog::Entry &entry : catalog.find(query, mostShown)) {
            if (!progress(0))
                break;
            const QString picture = catalog.thumbnail(entry);
            answer.found.push_back({entry, picture.isEmpty() ? QImage() : QImage(picture)});
        }
    } catch (const Error &error) { // while typing "beamEnergyKev>" this is no accident
        answer.objection = QString::fromUtf8(error.what());
    }
    return answer;
}

/// "HyperSpy · 200 keV · HAADF": what tells recordings apart.
QString summaryOf(const Catalog::Entry &entry)
{
    if (!entry.problem.isEmpty())
        return entry.problem;
    QStringList parts{entry.format};
    for (const MetadataField &field : metadataFields()) {
        const QJsonValue value = entry.metadata[field.key];
        if (field.field == Metadata::Field::BeamEnergy && value.isDouble())
            parts << QStringLiteral("%1 keV").arg(value.toDouble(), 0, 'g', 4);
        if (field.field == Metadata::Field::Detector && value.isString())
            parts << value.toString();
    }
    parts << entry.arrays.mid(0, 2);
    return parts.join(QStringLiteral(" · "));
}

QString toolTipOf(const Catalog::Entry &entry)
{
    QStringList lines{entry.path, QLocale().formattedDataSize(entry.bytes)};
    for (const MetadataField &field : metadataFields())
        if (const QJsonValue value = entry.metadata[field.key]; !value.isUndefined())
            lines << QStringLiteral("%1: %2").arg(
                QCoreApplication::translate("helmscope::Tr", field.name),
                value.isDouble() ? QStringLiteral("%1 %2")
                                       .arg(value.toDouble(), 0, 'g', 6)
                                       .arg(qstrcmp(field.unit, "1") == 0 ? "" : field.unit)
                                 : value.toString().left(200));
    return (lines + entry.arrays.mid(0, 20)).join('\n').toHtmlEscaped().replace('\n', "<br>");
}

} // namespace

CatalogPanel::CatalogPanel(QWidget *parent)
    : QWidget(parent)
    , m_updates(std::make_unique<Jobs>())
    , m_searches(std::make_unique<Jobs>())
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(6, 6, 6, 6);
    auto *row = new QHBoxLayout;
    column->addLayout(row);
    row->addWidget(m_query = new QLineEdit, 1);
    m_query->setObjectName("catalogQuery");
    m_query->setClearButtonEnabled(true);
    m_query->setAccessibleName(tr("Search the catalogue"));
    m_query->setPlaceholderText(tr("Search: words, detector:haadf, beamEnergyKev>=200"));
    QStringList fields;
    for (const MetadataField &field : metadataFields())
        fields << field.key;
    m_query->setToolTip(tr("All words have to be somewhere in a recording's path, titles or "
                           "metadata. Conditions: field:word, field>number. Fields: %1.")
                            .arg(fields.join(", ")));
    row->addWidget(m_choose = new QPushButton(tr("&Folder…")));
    m_choose->setToolTip(tr("Chooses the folder of recordings."));
    row->addWidget(m_refresh = new QPushButton(tr("&Refresh")));
    m_refresh->setToolTip(tr("Reads what is new in the folder."));
    row->addWidget(m_open = new QPushButton(tr("&Open")));
    m_open->setToolTip(tr("Opens the selected recordings together: an image and its spectra."));
    column->addWidget(m_list = new QListWidget, 1);
    m_list->setObjectName("catalogList");
    m_list->setAccessibleName(tr("Recordings"));
    m_list->setIconSize({48, 48});
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setUniformItemSizes(true);
    column->addWidget(m_state = new QLabel);
    m_state->setWordWrap(true);
    m_state->setText(tr("Choose a folder of recordings: they are found by what they hold."));

    connect(m_choose, &QPushButton::clicked, this, &CatalogPanel::chooseFolder);
    connect(m_refresh, &QPushButton::clicked, this, &CatalogPanel::refresh);
    connect(m_open, &QPushButton::clicked, this, &CatalogPanel::openSelected);
    connect(m_list, &QListWidget::itemActivated, this, &CatalogPanel::openSelected);
    connect(m_query, &QLineEdit::textChanged, this, &CatalogPanel::search);
    connect(m_list, &QListWidget::itemSelectionChanged, this,
            [this] { m_open->setEnabled(!m_list->selectedItems().isEmpty()); });
    m_open->setEnabled(false);
    m_refresh->setEnabled(false);
    for (Jobs *jobs : {m_updates.get(), m_searches.get()})
        connect(jobs, &Jobs::failed, this, [this](const QString &, const QString &sentence) {
            m_refresh->setEnabled(!m_folder.isEmpty());
            m_state->setText(sentence);
        });
}

CatalogPanel::~CatalogPanel() = default;

void CatalogPanel::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (std::exchange(m_wasShown, true) || !m_folder.isEmpty())
        return;
    const QString folder = QSettings().value(folderKey).toString();
    if (!folder.isEmpty() && QFileInfo(folder).isDir()) {
        m_folder = folder; // as it was known; refreshed when asked for
        m_refresh->setEnabled(true);
        search();
    }
}

void CatalogPanel::chooseFolder()
{
    auto *dialog = new QFileDialog(this, tr("Folder of recordings"), m_folder);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &folder) {
        QSettings().setValue(folderKey, folder);
        setFolder(folder);
    });
    dialog->open();
}

void CatalogPanel::setFolder(const QString &folder, const QString &store)
{
    m_folder = folder;
    m_store = store;
    search();
    refresh();
}

void CatalogPanel::refresh()
{
    if (m_folder.isEmpty())
        return;
    m_updates->stopAll(); // of another folder
    m_refresh->setEnabled(false);
    m_state->setText(tr("Looking through %1…").arg(m_folder));
    m_updates->run(
        tr("Looking through %1").arg(m_folder), this,
        [folder = m_folder, store = m_store](const Progress &progress) {
            return Catalog(folder, store).update(progress);
        },
        [this](const Catalog::Changes &changes) {
            if (!changes.isWhole)
                return; // stopped for another one
            m_refresh->setEnabled(true);
            search();
        });
}

void CatalogPanel::search()
{
    if (m_folder.isEmpty())
        return;
    const int number = ++m_searchNumber;
    m_searches->stopAll();
    m_searches->run(
        tr("Searching"), this,
        [folder = m_folder, store = m_store, query = m_query->text()](const Progress &progress) {
            return answerTo(folder, store, query, progress);
        },
        [this, number](const Answer &answer) {
            if (number != m_searchNumber)
                return;
            m_list->clear();
            for (const auto &[entry, picture] : answer.found) {
                auto *item = new QListWidgetItem(
                    QStringLiteral("%1\n%2").arg(entry.path, summaryOf(entry)), m_list);
                item->setData(Qt::UserRole, QDir(m_folder).filePath(entry.path));
                item->setToolTip(toolTipOf(entry));
                QPixmap icon(m_list->iconSize()); // of one size, that all texts begin alike
                icon.fill(Qt::transparent);
                if (!picture.isNull())
                    icon =
                        QPixmap::fromImage(picture.scaled(m_list->iconSize(), Qt::KeepAspectRatio));
                item->setIcon(icon);
            }
            const int shown = int(answer.found.size());
            m_state->setText(
                !answer.objection.isEmpty() ? answer.objection
                : shown == mostShown
                    ? tr("The first %1 of %2 recordings in %3")
                          .arg(shown)
                          .arg(answer.files)
                          .arg(m_folder)
                    : tr("%1 of %2 recordings in %3").arg(shown).arg(answer.files).arg(m_folder));
        });
}

void CatalogPanel::openSelected()
{
    QStringList files;
    for (const QListWidgetItem *item : m_list->selectedItems())
        files << item->data(Qt::UserRole).toString();
    if (!files.isEmpty())
        emit wanted(files);
}

} // namespace helmscope
