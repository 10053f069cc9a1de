// SPDX-License-Identifier: GPL-3.0-or-later
// What the history window reads and shows; where its parts are is in historywindowparts.cpp.
#include "app/historywindow.h"

#include "app/banner.h"

#include <QDir>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QStackedWidget>
#include <QTableView>

#include <algorithm>
#include <chrono>

namespace helmscope {

namespace {

using namespace std::chrono_literals;

constexpr int firstPage = 500;
constexpr int mostVersions = 200'000;
constexpr std::size_t mostPictures = 8; ///< of runs, kept at once

} // namespace

HistoryWindow::HistoryWindow(const QString &folder, QWidget *parent)
    : QMainWindow(parent)
    , m_folder(folder)
{
    setWindowTitle(tr("%1 – History – Helmscope").arg(QDir(folder).dirName()));
    setWindowFilePath(folder);
    for (QTimer *timer : {&m_searchSoon, &m_readSoon})
        timer->setSingleShot(true);
    m_searchSoon.setInterval(120ms);
    m_readSoon.setInterval(60ms);
    makeParts();
    makeMenus();
    connectParts();
    m_list->setFocus();
    load(firstPage);
}

HistoryWindow::~HistoryWindow()
{
    // Parts still signal while they are destroyed.
    for (QObject *part : findChildren<QObject *>())
        part->disconnect(this);
}

bool HistoryWindow::isBusy() const
{
    return !m_work.isIdle() || !m_questions.isIdle() || !m_reading.isIdle() ||
           m_searchSoon.isActive() || m_readSoon.isActive();
}

// ---- the log

void HistoryWindow::reload()
{
    m_pictures.clear(); // a run may have gone on
    load(mostVersions);
}

void HistoryWindow::load(int limit)
{
    m_work.stop(m_loadJob);
    const int number = ++m_loadNumber;
    m_loadJob = m_work.run(
        tr("Reading the history"), this,
        [folder = m_folder, limit](const Progress &) { return readHistory(folder, limit); },
        [this, number, limit](std::shared_ptr<const HistoryLog> log) {
            if (number != m_loadNumber)
                return;
            const bool isWhole = limit == mostVersions || int(log->versions.size()) < limit;
            take(std::move(log), isWhole);
            if (!isWhole)
                load(mostVersions);
        });
}

void HistoryWindow::take(std::shared_ptr<const HistoryLog> log, bool isWhole)
{
    m_isWhole = isWhole;
    m_model->setLog(std::move(log));
    if (!m_words.isEmpty())
        evaluateSearch();
    else
        showFound();
    if (isWhole)
        emit loaded();
}

void HistoryWindow::select(const QString &version)
{
    const std::shared_ptr<const HistoryLog> &log = m_model->log();
    const int row = log ? m_model->rowOf(log->rowOf(version)) : -1;
    if (row < 0) {
        m_list->clearSelection();
        m_list->setCurrentIndex({});
        return;
    }
    m_list->selectRow(row);
    m_list->scrollTo(m_model->index(row, 0));
}

// ---- search

void HistoryWindow::search(const QString &words)
{
    if (m_search->text() != words) {
        const QSignalBlocker quietly(m_search);
        m_search->setText(words);
    }
    m_searchSoon.stop();
    m_words = words.simplified();
    evaluateSearch();
}

void HistoryWindow::evaluateSearch()
{
    m_questions.stop(m_searchJob);
    const int number = ++m_searchNumber;
    const std::shared_ptr<const HistoryLog> log = m_model->log();
    if (m_words.isEmpty() || !log) {
        m_model->showAll();
        showFound();
        return;
    }
    m_searchJob = m_questions.run(
        tr("Searching"), this,
        [log, words = m_words](const Progress &) { return log->find(words); },
        [this, number, log](std::vector<int> found) {
            if (number != m_searchNumber || log != m_model->log())
                return;
            m_model->narrow(std::move(found));
            showFound();
        });
}

void HistoryWindow::showFound()
{
    const int all = m_model->log() ? int(m_model->log()->versions.size()) : 0;
    const int shown = m_model->rowCount();
    const QString whole = m_isWhole ? tr("%L1 versions").arg(all) : tr("%L1 versions…").arg(all);
    m_count->setText(all == 0                ? QString()
                     : m_model->isNarrowed() ? tr("%L1 of %L2").arg(shown).arg(all)
                     : all == 1              ? tr("1 version")
                                             : whole);
    if (all == 0)
        m_empty->setText(tr("%1 has no history yet. The first run that is recorded in it makes its "
                            "first version.")
                             .arg(QDir::toNativeSeparators(m_folder)));
    else
        m_empty->setText(tr("No version holds '%1'. The search looks through messages, runs, "
                            "people, branches and tags; Esc takes it back.")
                             .arg(m_words));
    m_pages->setCurrentWidget(shown > 0 ? static_cast<QWidget *>(m_list) : m_empty);

    const QString chosen = m_chosen; // selecting may forget it
    if (!chosen.isEmpty() && selectedVersion() != chosen)
        select(chosen);
    if (selectedVersion().isEmpty() && shown > 0)
        m_list->selectRow(0);
    if (shown == 0)
        m_details->clear(all == 0 ? QString() : tr("Nothing is selected."));
}

// ---- the selected version

QString HistoryWindow::selectedVersion() const
{
    const int version = m_model->versionAt(m_list->currentIndex().row());
    return version < 0 ? QString() : m_model->log()->versions[std::size_t(version)].id;
}

void HistoryWindow::showSelected()
{
    const int at = m_model->versionAt(m_list->currentIndex().row());
    if (at < 0)
        return;
    const Version &version = m_model->log()->versions[std::size_t(at)];
    m_chosen = version.id;
    if (m_details->version() == version.id) {
        m_details->setTags(m_model->log()->tagsAt(at));
        return;
    }
    m_details->show(version, m_model->log()->tagsAt(at));
    m_readSoon.start();
}

void HistoryWindow::readSelected()
{
    const QString version = m_details->version();
    if (version.isEmpty())
        return;
    m_questions.stop(m_summaryJob);
    const int number = ++m_summaryNumber;
    m_summaryJob = m_questions.run(
        tr("Reading a version"), this,
        [folder = m_folder, version](const Progress &) {
            // A version that cannot be read is told where it is shown, not in the banner.
            std::pair<VersionSummary, QString> read;
            try {
                read.first = readSummary(folder, version);
            } catch (const std::exception &error) {
                read.second = QString::fromUtf8(error.what());
            }
            return read;
        },
        [this, number, version](const std::pair<VersionSummary, QString> &read) {
            if (number != m_summaryNumber || m_details->version() != version)
                return;
            if (read.second.isEmpty())
                m_details->setSummary(read.first);
            else
                m_details->setProblem(read.second);
        });
}

void HistoryWindow::readPicturesOf(const QString &run)
{
    m_reading.stop(m_pictureJob);
    const int number = ++m_pictureNumber;
    const auto known = std::find_if(m_pictures.begin(), m_pictures.end(),
                                    [&](const RunPictures &read) { return read.run == run; });
    if (known != m_pictures.end()) {
        m_details->setPictures(*known);
        return;
    }
    m_pictureJob = m_reading.run(
        tr("Reading run %1").arg(run), this,
        [folder = m_folder, run](const Progress &progress) {
            return readPictures(folder, run, progress);
        },
        [this, number, run](const RunPictures &read) {
            if (number != m_pictureNumber)
                return;
            m_pictures.push_front(read);
            if (m_pictures.size() > mostPictures)
                m_pictures.pop_back();
            if (m_details->run() == run)
                m_details->setPictures(read);
        });
}

void HistoryWindow::wishSelectedRun()
{
    const QString told = m_details->run();
    const QString run =
        told.isEmpty() ? m_list->currentIndex().data(HistoryModel::RunRole).toString() : told;
    if (!run.isEmpty())
        emit runWished(run);
}

void HistoryWindow::changeTag(const QString &title, const std::function<void(Repository &)> &change)
{
    const std::shared_ptr<const HistoryLog> log = m_model->log();
    m_work.run(
        title, this,
        [folder = m_folder, log, change](const Progress &) {
            Repository repository(folder);
            change(repository);
            return withReferences(*log, folder);
        },
        [this, log](std::shared_ptr<const HistoryLog> renewed) {
            if (m_model->log() != log) { // it was read again meanwhile, perhaps before the change
                reload();
                return;
            }
            take(std::move(renewed), m_isWhole);
            showSelected();
        });
}

} // namespace helmscope
