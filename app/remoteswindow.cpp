// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/remoteswindow.h"

#include "app/banner.h"
#include "app/pullpage.h"
#include "app/pushpage.h"
#include "app/remotechooser.h"
#include "app/remotedialog.h"
#include "app/remotejobs.h"
#include "app/statusline.h"
#include "federation/secrets.h"
#include "lineage/cmfjson.h"
#include "workspace/sync/outbox.h"
#include "workspace/sync/workspaceremotes.h"

#include <QDateTime>
#include <QDir>
#include <QInputDialog>
#include <QLabel>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QTabWidget>
#include <QTableWidget>
#include <QTreeWidget>

namespace helmscope {

namespace {

QString testKey(const Remote &remote)
{
    return QStringLiteral("%1 %2").arg(QLatin1String(keyOf(remote.kind)), remote.name);
}

/// Of a transfer's outcome, by its key.
QString signOf(const QString &key)
{
    for (const auto outcome :
         {SyncPart::Outcome::Done, SyncPart::Outcome::Partly, SyncPart::Outcome::Failed,
          SyncPart::Outcome::Queued, SyncPart::Outcome::Stopped})
        if (key == QLatin1String(keyOf(outcome)))
            return symbolOf(outcome);
    return {};
}

} // namespace

RemotesWindow::RemotesWindow(const QString &workspace, QWidget *parent)
    : QMainWindow(parent)
    , m_folder(workspace)
{
    setWindowTitle(tr("Servers and remotes of %1 – Helmscope").arg(QDir(workspace).dirName()));
    resize(1180, 760);
    makeParts();
    const auto troubled = [this](const QString &, const QString &sentence) {
        m_banner->tell(sentence);
        showBusy();
    };
    connect(&m_work, &Jobs::failed, this, troubled);
    connect(&m_questions, &Jobs::failed, this, troubled);
    for (Jobs *jobs : {&m_work, &m_questions}) {
        connect(jobs, &Jobs::began, this, &RemotesWindow::showBusy);
        connect(jobs, &Jobs::ended, this, &RemotesWindow::showBusy);
    }
    fillList();
    reload();
}

RemotesWindow::~RemotesWindow()
{
    m_work.disconnect(this);
    m_questions.disconnect(this);
}

void RemotesWindow::show(Page page)
{
    m_pages->setCurrentIndex(int(page));
    QMainWindow::show();
    raise();
    activateWindow();
}

void RemotesWindow::reload()
{
    m_questions.run(
        tr("Reading the remotes"), this,
        [folder = m_folder](const Progress &) { return allRemotes(folder); },
        [this, number = ++m_listNumber](std::vector<Remote> remotes) {
            if (number != m_listNumber)
                return;
            m_remotes = std::move(remotes);
            fillList();
            m_push->setRemotes(m_remotes);
            m_pull->setRemotes(m_remotes);
        });
    readTransfers();
}

void RemotesWindow::add(const Remote &remote, const Credentials &credentials)
{
    m_questions.run(
        tr("Keeping %1").arg(remote.name), this,
        [folder = m_folder, remote, credentials](const Progress &) {
            keepRemote(folder, remote, credentials);
        },
        [this, remote] {
            m_tested.remove(testKey(remote));
            reload();
            emit changed();
        });
}

void RemotesWindow::askFor(const std::optional<Remote> &known)
{
    auto *dialog = new RemoteDialog(known, this);
    connect(dialog, &RemoteDialog::given, this, &RemotesWindow::add);
    dialog->show();
    // The key ring may take its time.
    m_questions.run(
        tr("Asking for the key ring"), dialog, [](const Progress &) { return placeOfSecrets(); },
        [dialog](const QString &place) { dialog->setPlaceOfSecrets(place); });
}

void RemotesWindow::removeCurrent()
{
    const std::optional<Remote> remote = current();
    if (!remote)
        return;
    auto *question = new QMessageBox(
        QMessageBox::Question, tr("Forget %1?").arg(remote->name),
        tr("The workspace no longer knows it, and what was kept to be let in is forgotten. What is "
           "there stays there."),
        QMessageBox::NoButton, this);
    question->setAttribute(Qt::WA_DeleteOnClose);
    QPushButton *forget = question->addButton(tr("Forget"), QMessageBox::AcceptRole);
    question->addButton(tr("Cancel"), QMessageBox::RejectRole);
    connect(forget, &QPushButton::clicked, this, [this, remote = *remote] {
        m_questions.run(
            tr("Forgetting %1").arg(remote.name), this,
            [folder = m_folder, remote](const Progress &) { forgetRemote(folder, remote); },
            [this] {
                reload();
                emit changed();
            });
    });
    question->open();
}

void RemotesWindow::test(int row)
{
    if (row < 0 || row >= int(m_remotes.size()))
        return;
    const Remote remote = m_remotes[std::size_t(row)];
    m_questions.run(
        tr("Testing %1").arg(remote.name), this,
        [folder = m_folder, remote](const Progress &progress) {
            try {
                return QStringLiteral("✓ ") + testRemote(folder, remote, progress);
            } catch (const Error &error) {
                return QStringLiteral("✗ ") + QString::fromUtf8(error.what());
            }
        },
        [this, remote](const QString &sentence) {
            m_tested[testKey(remote)] = sentence;
            fillList();
        });
}

void RemotesWindow::lookWhatIsNew()
{
    m_going = tr("Asking what is there already…");
    m_work.run(
        tr("Looking what is new"), this,
        [folder = m_folder, choice = m_push->choice()](const Progress &progress) {
            return planPush(folder, choice, progress);
        },
        [this](PushPlan plan) { m_push->setPlan(std::move(plan)); });
}

void RemotesWindow::push()
{
    m_going = tr("Pushing…");
    m_work.run(
        tr("Pushing"), this,
        [folder = m_folder, plan = m_push->plan()](const Progress &progress) {
            return helmscope::push(folder, plan, progress);
        },
        [this](const SyncReport &report) {
            m_push->setReport(report);
            readTransfers();
            emit changed();
        });
}

void RemotesWindow::pull()
{
    m_going = tr("Pulling…");
    m_work.run(
        tr("Pulling"), this,
        [folder = m_folder, choice = m_pull->choice()](const Progress &progress) {
            return helmscope::pull(folder, choice, progress);
        },
        [this](const SyncReport &report) {
            m_pull->setReport(report);
            readTransfers();
            emit pulled(report);
            emit changed();
        });
}

void RemotesWindow::retry()
{
    m_going = tr("Trying again…");
    m_work.run(
        tr("Pushing what waited"), this,
        [folder = m_folder](const Progress &progress) {
            return retryQueued(folder, true, QDateTime::currentMSecsSinceEpoch(), progress);
        },
        [this](const std::vector<SyncReport> &reports) {
            for (const SyncReport &report : reports)
                for (const SyncPart &part : report.parts)
                    if (part.outcome != SyncPart::Outcome::Done)
                        m_banner->tell(part.sentence);
            readTransfers();
            emit changed();
        });
}

void RemotesWindow::askForRules()
{
    m_questions.run(
        tr("Reading the rules"), this,
        [folder = m_folder](const Progress &) { return syncRulesOf(folder); },
        [this](SyncRules rules) {
            auto *dialog = new QInputDialog(this);
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            dialog->setWindowTitle(tr("What stays here"));
            dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
            dialog->setLabelText(tr("Properties that never go to others, one a line. They are left "
                                    "out of what is pushed; here they stay. The rule is part of "
                                    "the workspace."));
            dialog->setTextValue(rules.privateNames.join('\n'));
            connect(dialog, &QInputDialog::textValueSelected, this,
                    [this, rules](const QString &text) mutable {
                        rules.privateNames.clear();
                        for (const QString &line : text.split('\n'))
                            if (!line.trimmed().isEmpty())
                                rules.privateNames << line.trimmed();
                        m_questions.run(
                            tr("Keeping the rules"), this,
                            [folder = m_folder, rules](const Progress &) {
                                setSyncRules(folder, rules);
                            },
                            [this] {
                                if (!m_push->plan().items.empty())
                                    lookWhatIsNew();
                            });
                    });
            dialog->open();
        });
}

void RemotesWindow::readPipelines()
{
    const std::optional<Remote> server = m_pull->server();
    m_pipelines->clear();
    if (!server) {
        m_serverState->setText(
            tr("Choose a metadata server under Pull, or add one on the left: its "
               "pipelines are listed here, to be browsed without pulling "
               "them."));
        return;
    }
    m_serverState->setText(tr("Asking %1…").arg(server->name));
    m_questions.run(
        tr("Listing pipelines"), this,
        [folder = m_folder, server = *server](const Progress &progress) {
            std::pair<QStringList, QString> found;
            try {
                found.first = pipelinesOf(folder, server, progress);
            } catch (const Error &error) {
                found.second = QString::fromUtf8(error.what());
            }
            return found;
        },
        [this, number = ++m_pipelineNumber,
         server = *server](const std::pair<QStringList, QString> &found) {
            if (number != m_pipelineNumber)
                return;
            m_pipelines->addItems(found.first);
            m_pull->setPipelines(found.first);
            m_serverState->setText(
                !found.second.isEmpty() ? QStringLiteral("✗ ") + found.second
                : found.first.isEmpty() ? tr("%1 has no pipeline yet.").arg(textOf(server))
                : found.first.size() == 1
                    ? tr("%1 has one pipeline. Browsing changes nothing here.").arg(textOf(server))
                    : tr("%1 has %2 pipelines. Browsing changes nothing here.")
                          .arg(textOf(server))
                          .arg(found.first.size()));
        });
}

void RemotesWindow::openPipeline()
{
    const std::optional<Remote> server = m_pull->server();
    const QListWidgetItem *row = m_pipelines->currentItem();
    if (!server || !row)
        return;
    m_going = tr("Reading %1…").arg(row->text());
    m_work.run(
        tr("Reading %1").arg(row->text()), this,
        [folder = m_folder, server = *server, name = row->text()](const Progress &progress) {
            const LineageGraph graph = lineageOf(folder, server, name, progress);
            return progress(1) ? documentFile(graphToCmfJson(graph),
                                              QStringLiteral("%1 at %2").arg(name, server.name))
                               : QString();
        },
        [this](const QString &file) {
            if (!file.isEmpty())
                emit lineageWished(file);
        });
}

void RemotesWindow::readTransfers()
{
    struct Found
    {
        std::vector<Transfer> transfers;
        std::vector<QueuedPush> queued;
    };
    m_questions.run(
        tr("Reading the transfers"), this,
        [folder = m_folder](const Progress &) {
            return Found{transfers(folder, 500), queuedPushes(folder)};
        },
        [this](const Found &found) {
            m_transfers->setRowCount(0);
            m_transfers->setRowCount(int(found.transfers.size()));
            for (int row = 0; row < m_transfers->rowCount(); ++row) {
                const Transfer &each = found.transfers[std::size_t(row)];
                const QStringList cells{
                    QDateTime::fromMSecsSinceEpoch(each.timeMs).toString("yyyy-MM-dd hh:mm"),
                    each.isPush ? tr("↑ push") : tr("↓ pull"),
                    QStringLiteral("%1 · %2").arg(each.remote, each.address), sizeText(each.bytes),
                    signOf(each.outcome) + ' ' + each.sentence};
                for (int column = 0; column < cells.size(); ++column) {
                    auto *cell = new QTableWidgetItem(cells[column]);
                    cell->setToolTip(cells[column].toHtmlEscaped());
                    m_transfers->setItem(row, column, cell);
                }
            }
            m_retry->setEnabled(!found.queued.empty());
            m_waiting->setText(
                found.queued.empty()
                    ? (found.transfers.empty()
                           ? tr("Nothing was pushed or pulled yet. What goes where and when is "
                                "listed here.")
                           : tr("Nothing waits."))
                : found.queued.size() == 1
                    ? tr("◷ One push waits: %1").arg(found.queued.front().reason)
                    : tr("◷ %1 pushes wait: %2")
                          .arg(found.queued.size())
                          .arg(found.queued.front().reason));
        });
}

std::optional<Remote> RemotesWindow::current() const
{
    const QTreeWidgetItem *row = m_list->currentItem();
    const QVariant index = row ? row->data(0, Qt::UserRole) : QVariant();
    return index.isValid() && index.toInt() < int(m_remotes.size())
               ? std::optional(m_remotes[std::size_t(index.toInt())])
               : std::nullopt;
}

void RemotesWindow::fillList()
{
    const std::optional<Remote> before = current();
    m_list->clear();
    for (const Remote::Kind kind :
         {Remote::Kind::Metadata, Remote::Kind::Artifacts, Remote::Kind::Versions}) {
        auto *head = new QTreeWidgetItem({textOf(kind)});
        QFont bold = m_list->font();
        bold.setBold(true);
        head->setFont(0, bold);
        head->setFlags(Qt::ItemIsEnabled);
        m_list->addTopLevelItem(head);
        for (int i = 0; i < int(m_remotes.size()); ++i) {
            const Remote &remote = m_remotes[std::size_t(i)];
            if (remote.kind != kind)
                continue;
            const QString tested = m_tested.value(testKey(remote)).left(1);
            auto *row = new QTreeWidgetItem({QStringLiteral("%1%2%3").arg(
                tested.isEmpty() ? QString() : tested + ' ', remote.name,
                remote.isDefault ? tr("  (default)") : QString())});
            row->setData(0, Qt::UserRole, i);
            row->setToolTip(0, textOf(remote).toHtmlEscaped());
            head->addChild(row);
            if (before && before->kind == kind && before->name == remote.name)
                m_list->setCurrentItem(row);
        }
        if (head->childCount() == 0) {
            auto *none = new QTreeWidgetItem({tr("none yet")});
            none->setFlags(Qt::NoItemFlags);
            head->addChild(none);
        }
        head->setExpanded(true);
    }
    if (!m_list->currentItem() && !m_remotes.empty())
        for (int i = 0; i < m_list->topLevelItemCount() && !current(); ++i)
            m_list->setCurrentItem(m_list->topLevelItem(i)->child(0));
    showDetails();
}

void RemotesWindow::showDetails()
{
    const std::optional<Remote> remote = current();
    m_change->setEnabled(remote.has_value());
    m_remove->setEnabled(remote.has_value());
    m_test->setEnabled(remote.has_value());
    if (!remote) {
        m_details->setText(
            tr("A metadata server takes the lineage, an artifact remote the files by their "
               "content, a git server the versions. Each may be missing. No server in your lab? "
               "helmscope-hub is all three."));
        return;
    }
    QStringList lines{textOf(*remote).toHtmlEscaped()};
    for (auto it = remote->options.begin(); it != remote->options.end(); ++it)
        lines << QStringLiteral("%1: %2").arg(it.key(), it.value()).toHtmlEscaped();
    if (!remote->definedIn.isEmpty())
        lines << tr("defined in %1").arg(remote->definedIn).toHtmlEscaped();
    if (isInClear(*remote))
        lines << tr("⚠ What goes there can be read on its way: plain http.");
    const QString tested = m_tested.value(testKey(*remote));
    lines << (tested.isEmpty() ? tr("Not tested yet.") : tested.toHtmlEscaped());
    m_details->setText(lines.join(QStringLiteral("<br/>")));
}

void RemotesWindow::showBusy()
{
    const bool isWorking = !m_work.isIdle();
    if (!isWorking)
        m_going.clear();
    m_push->setBusy(isWorking, m_going);
    m_pull->setBusy(isWorking, m_going);
    m_browse->setEnabled(!isWorking && m_pipelines->currentItem());
}

} // namespace helmscope
