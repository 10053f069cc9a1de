// SPDX-License-Identifier: GPL-3.0-or-later
// What the window does with meta-models: choose one, look at a sweep of their trainings.
#include "app/banner.h"
#include "app/begindialog.h"
#include "app/mainwindow.h"
#include "app/metasweepwindow.h"
#include "app/openworkspace.h"
#include "app/planpanel.h"
#include "steering/recording/inwords.h"

#include <QFileInfo>

#include <cmath>

namespace helmscope {

BeginDialog *MainWindow::openBeginning()
{
    RankingGround ground;
    const ShownRun &run = m_helm->run();
    ground.isLive = m_helm->isGoing() && m_helm->isLiveShown();
    ground.plan = ground.isLive ? run.plan() : m_plan->plan();
    if (m_helm->sample())
        ground.survey = m_helm->sample()->survey;
    // What is measured of this sample: the run shown, also while it goes on.
    std::vector<double> values;
    for (int i = 0; ground.survey && i < run.size(); ++i)
        if (std::isfinite(run.at(i).value)) {
            ground.pixels.push_back(run.at(i).pixel);
            values.push_back(run.at(i).value);
        }
    ground.values = Eigen::Map<const Eigen::VectorXd>(values.data(), Eigen::Index(values.size()));
    QStringList files = knownMetaModels(m_workspace->isOpen() ? m_workspace->folder() : QString());
    QString current = ground.plan.beginning.file;
    for (int i = 0; ground.isLive && i < run.size(); ++i)
        for (const Intervention &said : run.at(i).interventions)
            if (said.orders.beginning)
                current = said.orders.beginning->file;
    const bool isLive = ground.isLive;
    if (!current.isEmpty() && !files.contains(current))
        files.prepend(current);
    auto *dialog = new BeginDialog(m_helm->errands(), std::move(ground), files, current, this);
    connect(dialog, &BeginDialog::filesChanged, this, &setKnownMetaModels);
    connect(dialog, &BeginDialog::leftOpen, this, [this](const QStringList &among) {
        Beginning beginning;
        beginning.among = among;
        m_plan->setBeginning(beginning, {});
        m_banner->tell(tr("The next run ranks them after its first %1 points and goes on from the "
                          "best, or cold where none helps.")
                           .arg(beginning.afterPoints));
    });
    connect(dialog, &BeginDialog::chosen, this,
            [=, this](const QString &file, const QString &reason) {
                if (isLive)
                    return changeBeginning(file, reason);
                if (file.isEmpty())
                    m_plan->setBeginning({}, {});
                else
                    readBeginningFrom(file);
                if (!reason.isEmpty())
                    m_banner->tell(inWords(reason));
            });
    dialog->show();
    return dialog;
}

void MainWindow::changeBeginning(const QString &file, const QString &reason)
{
    const auto change = [this, reason](const Beginning &beginning) {
        if (!m_helm->beginFrom(beginning, reason))
            m_banner->tell(tr("The run goes on no more, or is not the one that is shown: what "
                              "its model begins from was not changed."));
        else if (beginning.isWanted())
            m_banner->tell(tr("From the next step on the model begins from %1.")
                               .arg(QFileInfo(beginning.file).fileName()));
        else
            m_banner->tell(tr("From the next step on the model begins cold."));
    };
    if (file.isEmpty())
        return change({});
    m_helm->errands().run(
        tr("Reading %1").arg(QFileInfo(file).fileName()), this,
        [file, plan = m_helm->run().plan()](const Progress &) mutable {
            plan.beginning = {};
            readBeginning(plan, file);
            return plan.beginning;
        },
        change);
}

void MainWindow::readBeginningFrom(const QString &file)
{
    m_helm->errands().run(
        tr("Reading %1").arg(QFileInfo(file).fileName()), this,
        [file, plan = m_plan->plan()](const Progress &) mutable {
            plan.beginning = {};
            readBeginning(plan, file);
            return std::pair(plan.beginning, cardText(readMetaModel(file)));
        },
        [this](const std::pair<Beginning, QString> &read) {
            m_plan->setBeginning(read.first, read.second);
            QStringList known = knownMetaModels({});
            known.removeAll(read.first.file);
            setKnownMetaModels(QStringList{read.first.file} + known);
        });
}

MetaSweepWindow *MainWindow::openMetaSweep(const QString &file)
{
    auto *window = new MetaSweepWindow;
    window->setAttribute(Qt::WA_DeleteOnClose);
    m_windows << window;
    if (!m_options.size.isEmpty())
        window->resize(m_options.size);
    if (!file.isEmpty())
        window->open(file);
    window->show();
    return window;
}

} // namespace helmscope
