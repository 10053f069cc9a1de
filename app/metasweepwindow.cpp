// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/metasweepwindow.h"

#include "app/banner.h"
#include "app/jobs.h"
#include "base/json.h"
#include "base/tr.h"
#include "metalearning/taskfiles.h"
#include "widgets/letters.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTableView>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace helmscope {

namespace {

constexpr int mostNeighbours = 3;

std::vector<SweepTrial> trialsIn(const QString &file)
{
    const QJsonObject table = readJson(file);
    if (!table.value("trials").isArray())
        fail(Tr::tr("%1 is no table of a sweep: it has no 'trials'. It is the .json beside the "
                    "table that helmscope-cli metatrain --sweep … --table writes.")
                 .arg(file));
    return trialsFromJson(table.value("trials").toArray(), file);
}

/// In what two task sets are least alike, in words.
QString largestDifference(const TaskDescriptor &a, const TaskDescriptor &b)
{
    std::size_t at = 0;
    double largest = -1;
    for (std::size_t i = 0; i < a.values.size(); ++i)
        if (const double apart =
                std::abs(a.values[i] - b.values[i]) / TaskDescriptor::numbers[i].scale;
            apart > largest) {
            largest = apart;
            at = i;
        }
    return Tr::tr("least alike in %1: %2 there, %3 here (%4)")
        .arg(QLatin1String(TaskDescriptor::numbers[at].key))
        .arg(b.values[at], 0, 'f', 2)
        .arg(a.values[at], 0, 'f', 2)
        .arg(QLatin1String(TaskDescriptor::numbers[at].meaning));
}

} // namespace

MetaSweepWindow::MetaSweepWindow(QWidget *parent)
    : QWidget(parent)
    , m_model(new MetaSweepModel(this))
    , m_sorted(new QSortFilterProxyModel(this))
    , m_banner(new Banner)
    , m_jobs(std::make_unique<Jobs>())
{
    setWindowTitle(tr("Sweep of meta-trainings – Helmscope"));
    resize(1100, 720);
    auto *column = new QVBoxLayout(this);
    column->addWidget(m_banner);
    auto *parts = new QSplitter(Qt::Vertical);
    parts->setChildrenCollapsible(false);
    parts->addWidget(makeTable());
    parts->addWidget(makeRecommendation());
    parts->setStretchFactor(0, 3);
    parts->setStretchFactor(1, 2);
    column->addWidget(parts, 1);
    connect(m_jobs.get(), &Jobs::failed, this, [this](const QString &, const QString &sentence) {
        m_banner->tell(sentence);
        emit troubled(sentence);
    });
    showSelected();
    showNeighbours();
}

MetaSweepWindow::~MetaSweepWindow() = default;

QWidget *MetaSweepWindow::makeTable()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    auto *row = new QHBoxLayout;
    m_title = new QLabel(tr("No sweep is open."));
    auto *choose = new QPushButton(tr("&Open…"));
    choose->setObjectName("openSweep");
    choose->setToolTip(tr("The .json beside the table that metatrain --sweep … --table wrote."));
    row->addWidget(m_title, 1);
    row->addWidget(choose);
    column->addLayout(row);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(MetaSweepModel::SortRole);
    m_table = new QTableView;
    m_table->setObjectName("trials");
    m_table->setAccessibleName(tr("Trainings of the sweep"));
    m_table->setModel(m_sorted);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(MetaSweepModel::Rung, Qt::DescendingOrder); // the last decide
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->verticalHeader()->hide();
    fitRowsToLetters(m_table, 8);
    m_table->setWordWrap(false);
    auto *parts = new QSplitter(Qt::Horizontal);
    parts->setChildrenCollapsible(false);
    m_settings = new QPlainTextEdit;
    m_settings->setReadOnly(true);
    m_settings->setAccessibleName(tr("Settings of the selected training"));
    parts->addWidget(m_table);
    parts->addWidget(m_settings);
    parts->setStretchFactor(0, 1);
    parts->setSizes({1000, 180});
    column->addWidget(parts, 1);
    connect(choose, &QPushButton::clicked, this, &MetaSweepWindow::chooseFile);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &MetaSweepWindow::showSelected);
    return page;
}

QWidget *MetaSweepWindow::makeRecommendation()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    auto *row = new QHBoxLayout;
    auto *label = new QLabel(tr("For the &next training on"));
    m_tasks = new QLineEdit;
    m_tasks->setObjectName("tasks");
    m_tasks->setAccessibleName(tr("Tasks of the next training"));
    m_tasks->setPlaceholderText(tr("simulated:rods,prisms:20, a workspace, a folder, a run"));
    label->setBuddy(m_tasks);
    auto *folder = new QPushButton(tr("&Folder…"));
    m_recommend = new QPushButton(tr("&Recommend settings"));
    m_recommend->setObjectName("recommend");
    m_recommend->setToolTip(tr("Of the task sets of this sweep that are most like these tasks, the "
                               "settings that were best."));
    row->addWidget(label);
    row->addWidget(m_tasks, 1);
    row->addWidget(folder);
    row->addWidget(m_recommend);
    column->addLayout(row);
    m_list = new QTreeWidget;
    m_list->setObjectName("neighbours");
    m_list->setAccessibleName(tr("Task sets most like these, nearest first"));
    m_list->setRootIsDecorated(false);
    m_list->setHeaderLabels({tr("Task set"), tr("Distance"), tr("Method"), tr("Best settings"),
                             tr("RMSE"), tr("NLPD"), tr("Why so far")});
    column->addWidget(m_list, 1);
    auto *last = new QHBoxLayout;
    m_advice = new QLabel;
    m_advice->setObjectName("advice");
    m_advice->setWordWrap(true);
    m_save = new QPushButton(tr("&Save these settings…"));
    m_save->setObjectName("saveSettings");
    m_save->setToolTip(tr("For helmscope-cli metatrain --settings."));
    last->addWidget(m_advice, 1);
    last->addWidget(m_save);
    column->addLayout(last);
    connect(folder, &QPushButton::clicked, this, [this] {
        auto *dialog = new QFileDialog(this, tr("Tasks of the next training"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::Directory);
        connect(dialog, &QFileDialog::fileSelected, m_tasks, &QLineEdit::setText);
        dialog->open();
    });
    const auto recommend = [this] { recommendFor(m_tasks->text()); };
    connect(m_recommend, &QPushButton::clicked, this, recommend);
    connect(m_tasks, &QLineEdit::returnPressed, this, recommend);
    connect(m_tasks, &QLineEdit::textChanged, this, &MetaSweepWindow::showNeighbours);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &MetaSweepWindow::showNeighbours);
    connect(m_save, &QPushButton::clicked, this, &MetaSweepWindow::saveSettings);
    return page;
}

void MetaSweepWindow::open(const QString &name)
{
    const QString file = name.endsWith(QLatin1String(".json")) || !QFileInfo::exists(name + ".json")
                             ? name
                             : name + ".json";
    m_jobs->run(
        tr("Reading %1").arg(QFileInfo(file).fileName()), this,
        [file](const Progress &) { return trialsIn(file); },
        [this, file](const std::vector<SweepTrial> &trials) {
            m_model->setTrials(trials);
            m_title->setText(tr("%1: %2 trainings").arg(file).arg(trials.size()));
            m_table->resizeColumnsToContents();
            if (const int best = m_model->best(); best >= 0)
                m_table->selectRow(m_sorted->mapFromSource(m_model->index(best, 0)).row());
            m_neighbours.clear();
            m_list->clear();
            showNeighbours();
            emit opened();
        });
}

void MetaSweepWindow::recommendFor(const QString &tasks)
{
    m_tasks->setText(tasks);
    const QString text = tasks.trimmed();
    if (text.isEmpty() || m_model->trials().empty())
        return;
    const QStringList texts =
        QFileInfo::exists(text) ? QStringList{text} : text.split(' ', Qt::SkipEmptyParts);
    struct Answer
    {
        TaskDescriptor descriptor;
        std::vector<Neighbour> neighbours;
    };
    m_jobs->run(
        tr("Comparing task sets"), this,
        [texts, trials = m_model->trials()](const Progress &) {
            // As the command line does: a fifth is for validation and not described.
            const TaskSet set = split(tasksFrom(texts, std::nullopt), 5);
            Answer answer;
            answer.descriptor = describe(set.training, trials.front().settings.patch);
            answer.neighbours = helmscope::recommended(trials, answer.descriptor, mostNeighbours);
            return answer;
        },
        [this](const Answer &answer) {
            m_neighbours = answer.neighbours;
            m_descriptor = answer.descriptor;
            m_list->clear();
            for (const Neighbour &neighbour : m_neighbours) {
                const SweepTrial &trial = neighbour.trial;
                auto *item = new QTreeWidgetItem(
                    m_list, {trial.taskSet, QStringLiteral("%1").arg(neighbour.distance, 0, 'f', 2),
                             QString::fromLatin1(keyOf(trial.settings.method)), trial.special,
                             QStringLiteral("%1").arg(trial.rmse, 0, 'f', 3),
                             QStringLiteral("%1").arg(trial.nlpd, 0, 'f', 3),
                             largestDifference(m_descriptor, trial.descriptor)});
                item->setToolTip(6, item->text(6));
            }
            for (int i = 0; i < m_list->columnCount(); ++i)
                m_list->resizeColumnToContents(i);
            if (m_list->topLevelItemCount() > 0)
                m_list->setCurrentItem(m_list->topLevelItem(0));
            showNeighbours();
            emit recommended();
        });
}

void MetaSweepWindow::showNeighbours()
{
    m_recommend->setEnabled(!m_tasks->text().trimmed().isEmpty() && !m_model->trials().empty());
    const int row = m_list->indexOfTopLevelItem(m_list->currentItem());
    m_save->setEnabled(row >= 0);
    if (row < 0 || row >= int(m_neighbours.size())) {
        m_advice->setText(tr("Earlier task sets most like the new one, with the settings that were "
                             "best on them, are shown here."));
        return;
    }
    const Neighbour &neighbour = m_neighbours[std::size_t(row)];
    const SweepTrial &trial = neighbour.trial;
    m_advice->setText(tr("Of the sets of this sweep %1 lies at distance %2 (1: each number differs "
                         "by what counts as one). Best there: %3, %4, %5 iterations.")
                          .arg(trial.taskSet)
                          .arg(neighbour.distance, 0, 'f', 2)
                          .arg(QLatin1String(keyOf(trial.settings.method)),
                               trial.special.isEmpty() ? tr("the base settings") : trial.special)
                          .arg(trial.settings.iterations));
}

const SweepTrial *MetaSweepWindow::selected() const
{
    const QModelIndex index = m_sorted->mapToSource(m_table->currentIndex());
    return index.isValid() ? &m_model->trials()[std::size_t(index.row())] : nullptr;
}

void MetaSweepWindow::showSelected()
{
    const SweepTrial *trial = selected();
    m_settings->setPlainText(
        trial ? tr("Meta-model %1").arg(trial->hash.left(12)) + '\n' +
                    QString::fromUtf8(QJsonDocument(trial->settings.toJson()).toJson())
              : QString());
}

void MetaSweepWindow::chooseFile()
{
    auto *dialog = new QFileDialog(this, tr("Open a sweep"), {},
                                   tr("Tables of sweeps (*.json *.csv);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MetaSweepWindow::open);
    dialog->open();
}

void MetaSweepWindow::saveSettings()
{
    const int row = m_list->indexOfTopLevelItem(m_list->currentItem());
    if (row < 0 || row >= int(m_neighbours.size()))
        return;
    const QJsonObject settings = m_neighbours[std::size_t(row)].trial.settings.toJson();
    auto *dialog = new QFileDialog(this, tr("Save settings"), {}, tr("Settings (*.json)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix("json");
    connect(dialog, &QFileDialog::fileSelected, this, [this, settings](const QString &file) {
        m_jobs->run(
            tr("Writing %1").arg(QFileInfo(file).fileName()), this,
            [file, settings](const Progress &) { writeJson(file, settings); }, [] {});
    });
    dialog->open();
}

} // namespace helmscope
