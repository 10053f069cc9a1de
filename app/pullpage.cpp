// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/pullpage.h"

#include "app/remotechooser.h"

#include <QComboBox>
#include <QDateTime>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QTableWidget>
#include <QTextBrowser>
#include <QUrl>
#include <QVBoxLayout>

namespace helmscope {

using Side = PullChoice::Side;

PullPage::PullPage(QWidget *parent)
    : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    m_chooser = new RemoteChooser;
    column->addWidget(m_chooser);
    auto *row = new QHBoxLayout;
    const auto add = [row](QComboBox *box, const QString &name, int stretch) {
        auto *label = new QLabel(name);
        label->setBuddy(box);
        box->setAccessibleName(name);
        row->addWidget(label);
        row->addWidget(box, stretch);
    };
    m_pipeline = new QComboBox;
    m_pipeline->addItem(tr("all"), QString());
    m_pipeline->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_pipeline->setMinimumContentsLength(14);
    add(m_pipeline, tr("Pipeline"), 1);
    m_since = new QComboBox;
    for (const auto &[name, days] : std::initializer_list<std::pair<QString, int>>{
             {tr("any time"), 0}, {tr("today"), 1}, {tr("7 days"), 7}, {tr("30 days"), 30}})
        m_since->addItem(name, days);
    add(m_since, tr("Changed within"), 0);
    m_artifacts = new QComboBox;
    m_artifacts->addItem(tr("what runs need"), int(PullChoice::Artifacts::Needed));
    m_artifacts->addItem(tr("none"), int(PullChoice::Artifacts::None));
    m_artifacts->addItem(tr("all that the lineage names"), int(PullChoice::Artifacts::All));
    m_artifacts->setToolTip(tr("Which files come along. What did not can be pulled later."));
    add(m_artifacts, tr("Files"), 0);
    column->addLayout(row);

    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(false);
    m_words = new QTextBrowser;
    m_words->setAccessibleName(tr("What came"));
    m_words->setOpenLinks(false);
    m_words->setHtml(
        QStringLiteral("<p>%1</p>")
            .arg(tr(
                "A pull adds to what is here and overwrites nothing: runs, lineage and versions of "
                "others come beside yours. Where both sides say different things, yours stands "
                "until "
                "you choose.")));
    splitter->addWidget(m_words);
    auto *lower = new QWidget;
    auto *lowerColumn = new QVBoxLayout(lower);
    lowerColumn->setContentsMargins(0, 0, 0, 0);
    m_conflictsTitle = new QLabel;
    m_conflictsTitle->setWordWrap(true);
    lowerColumn->addWidget(m_conflictsTitle);
    m_conflicts = new QTableWidget(0, 5);
    m_conflicts->setAccessibleName(tr("Where both sides differ"));
    m_conflicts->setHorizontalHeaderLabels(
        {tr("Where"), tr("Property"), tr("Here"), tr("There"), tr("Take")});
    m_conflicts->verticalHeader()->hide();
    m_conflicts->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_conflicts->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_conflicts->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_conflicts->horizontalHeader()->setSectionResizeMode(4, QHeaderView::ResizeToContents);
    lowerColumn->addWidget(m_conflicts, 1);
    splitter->addWidget(lower);
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 3);
    column->addWidget(splitter, 1);

    auto *bottom = new QHBoxLayout;
    m_state = new QLabel;
    bottom->addWidget(m_state, 1);
    m_pull = new QPushButton(tr("&Pull"));
    m_pull->setObjectName("pull");
    bottom->addWidget(m_pull);
    column->addLayout(bottom);

    connect(m_pull, &QPushButton::clicked, this, &PullPage::pullWished);
    connect(m_chooser, &RemoteChooser::changed, this, [this] {
        showState();
        emit serverChanged();
    });
    connect(m_words, &QTextBrowser::anchorClicked, this, [this](const QUrl &url) {
        if (url.scheme() == QLatin1String("run"))
            emit runWished(url.path());
    });
    showConflicts();
    showState();
}

void PullPage::setRemotes(const std::vector<Remote> &remotes)
{
    m_chooser->setRemotes(remotes);
}

void PullPage::setPipelines(const QStringList &names)
{
    const QString before = m_pipeline->currentData().toString();
    m_pipeline->clear();
    m_pipeline->addItem(tr("all"), QString());
    for (const QString &name : names)
        m_pipeline->addItem(name, name);
    m_pipeline->setCurrentIndex(std::max(0, m_pipeline->findData(before)));
}

std::optional<Remote> PullPage::server() const
{
    return m_chooser->choice().metadata;
}

PullChoice PullPage::choice() const
{
    PullChoice choice;
    choice.remotes = m_chooser->choice();
    choice.pipeline = m_pipeline->currentData().toString();
    if (const int days = m_since->currentData().toInt(); days > 0)
        choice.sinceMs = QDateTime::currentMSecsSinceEpoch() - qint64(days) * 86'400'000;
    choice.artifacts = PullChoice::Artifacts(m_artifacts->currentData().toInt());
    std::vector<std::pair<SyncConflict, Side>> answers;
    for (int i = 0; i < m_conflicts->rowCount(); ++i)
        if (auto *box = qobject_cast<QComboBox *>(m_conflicts->cellWidget(i, 4)))
            if (const Side side = Side(box->currentData().toInt()); side != Side::None)
                answers.emplace_back(m_report.conflicts[std::size_t(i)], side);
    choice.choose = [answers](const SyncConflict &asked) {
        for (const auto &[conflict, side] : answers)
            if (conflict.of == asked.of && conflict.key == asked.key && conflict.name == asked.name)
                return side;
        return Side::None;
    };
    return choice;
}

void PullPage::setReport(const SyncReport &report)
{
    m_report = report;
    m_hasReport = true;
    QString html = htmlOf(report);
    for (const QString &run : report.runs) {
        const QString shown = run.toHtmlEscaped();
        html.replace(QStringLiteral("<li>%1</li>").arg(shown),
                     QStringLiteral("<li><a href='run:%1'>%1</a></li>").arg(shown));
    }
    m_words->setHtml(html);
    showConflicts();
    showState();
}

void PullPage::showConflicts()
{
    // Thousands of rows with a box each would hold the window: the rest is in the next pull.
    constexpr int mostShown = 200;
    const int count = int(m_report.conflicts.size()), shown = std::min(count, mostShown);
    m_conflicts->setRowCount(0);
    m_conflicts->setRowCount(shown);
    const auto text = [](const QVariant &value) {
        const QString all = value.toString();
        return all.size() > 200 ? all.left(200) + QStringLiteral("…") : all;
    };
    for (int i = 0; i < shown; ++i) {
        const SyncConflict &conflict = m_report.conflicts[std::size_t(i)];
        const QStringList cells{conflict.where,
                                conflict.name.isEmpty() ? tr("the file") : conflict.name,
                                text(conflict.ours), text(conflict.theirs)};
        for (int column = 0; column < cells.size(); ++column) {
            auto *cell = new QTableWidgetItem(cells[column]);
            cell->setToolTip(cells[column].toHtmlEscaped());
            m_conflicts->setItem(i, column, cell);
        }
        auto *box = new QComboBox;
        box->setAccessibleName(tr("Which to take for %1").arg(cells[1]));
        box->addItem(conflict.of == SyncConflict::Of::File ? tr("decide later") : tr("ours stands"),
                     int(Side::None));
        if (conflict.of == SyncConflict::Of::File)
            box->addItem(tr("ours"), int(Side::Ours));
        box->addItem(tr("theirs"), int(Side::Theirs));
        m_conflicts->setCellWidget(i, 4, box);
    }
    m_conflicts->setVisible(count > 0);
    m_conflictsTitle->setText(
        count == 0 ? QString()
        : count > shown
            ? tr("Both sides differ in %1 places, the first %2 of them: choose, and pull again.")
                  .arg(count)
                  .arg(shown)
        : count == 1 ? tr("Both sides differ in one place: choose, and pull again.")
                     : tr("Both sides differ in %1 places: choose, and pull again.").arg(count));
}

void PullPage::setBusy(bool isBusy, const QString &sentence)
{
    m_isBusy = isBusy;
    m_chooser->setEnabled(!isBusy);
    m_conflicts->setEnabled(!isBusy);
    showState();
    if (isBusy)
        m_state->setText(sentence);
}

void PullPage::showState()
{
    const SyncChoice chosen = m_chooser->choice();
    const bool hasAny = chosen.metadata || chosen.artifacts || chosen.versions;
    m_pull->setEnabled(hasAny && !m_isBusy);
    if (!m_isBusy)
        m_state->setText(!hasAny ? tr("No server or remote is known yet: add one on the left.")
                         : m_hasReport && m_report.isDone() ? tr("Pulled.")
                                                            : QString());
}

} // namespace helmscope
